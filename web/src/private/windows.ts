// When somebody is at each stop: local times in the zone of the place, and what is not said widened by its neighbours, as the service does it.
import type { Moment, Stop } from '../trip';
import type { Span } from './time';

const DAY = 86_400_000;

/** The instant of a local time in a zone, in milliseconds; the earlier or the later one where clocks make two of it. */
function local(date: string, time: string, zone: string, later: boolean): number {
  const wall = Date.parse(`${date}T${time}Z`);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' });
  const offset = (at: number): number => {
    const part = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - at;
  };
  // the offsets in use around then; each that maps back to the wall clock is one
  const found = [...new Set([offset(wall - DAY), offset(wall + DAY)])].map((by) => wall - by);
  const true_ = found.filter((at) => at + offset(at) === wall);
  // a time that clocks skip is moved forward by the gap
  return later ? Math.max(...(true_.length ? true_ : found)) : Math.min(...(true_.length ? true_ : [Math.max(...found)]));
}

const nextDay = (date: string): string => new Date(Date.parse(`${date}T00:00Z`) + DAY).toISOString().slice(0, 10);

/** A moment as a span in microseconds; of an unknown zone, any of the world's. */
function spanOf({ date, time }: Moment, zone: string | undefined): Span | undefined {
  if (!date) return undefined;
  const [from, to] = time ? [[date, time], [date, time]] : [[date, '00:00'], [nextDay(date), '00:00']];
  const at = (when: string[], later: boolean) => local(when[0]!, when[1]!, zone ?? 'UTC', later) * 1000;
  const [early, late] = zone ? [0, 0] : [14 * 3_600_000_000, 12 * 3_600_000_000];
  return { from: at(from!, false) - early, to: at(to!, time !== '') + late };
}

/** When each stop is occupied; a plan without any time may be travelled at any time from `now` on. */
export function windows(stops: Stop[], now: number): Span[] {
  const times = stops.map((stop) => ({ arrive: spanOf(stop.arrive, stop.place?.zone), depart: spanOf(stop.depart, stop.place?.zone) }));
  if (!times.some(({ arrive, depart }) => arrive ?? depart)) return stops.map(() => ({ from: now, to: Infinity }));
  const around = DAY * 1000;
  return times.map(({ arrive, depart }, i) => {
    const before = times.slice(0, i).reverse().map((one) => one.depart ?? one.arrive).find(Boolean)?.from;
    const after = times.slice(i + 1).map((one) => one.arrive ?? one.depart).find(Boolean)?.to;
    const to = depart?.to ?? after;
    const from = arrive?.from ?? before;
    return { from: from ?? (depart?.from ?? to)! - around, to: to ?? (arrive?.to ?? from)! + around };
  });
}
