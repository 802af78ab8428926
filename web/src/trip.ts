// The trip: what it consists of, how it is kept on this device, how a link carries it, and how the service is asked about it.
import type { ItineraryRequest, Mode, PlaceWords, Purpose } from './api/client';
import { day } from './format';
import { lang } from './words';

export interface Place {
  label: string;
  lat: number;
  lon: number;
  accuracy_m?: number;
  zone?: string;
  country?: string;
  /** Others in that country are called the same. */
  shared?: boolean;
}
export interface Moment {
  date: string;
  time: string;
}
export interface Stop {
  id: string;
  place?: Place;
  /** What is written in the field; the label of the place once one is chosen. */
  text: string;
  arrive: Moment;
  depart: Moment;
}
/** Longitude, latitude. */
export type Corner = [number, number];
export interface Leg {
  mode: Mode;
  /** The bends of the road between the two stops, as drawn; none: not given. */
  road?: Corner[];
}
export interface Trip {
  stops: Stop[];
  /** The movement from each stop to the next. */
  legs: Leg[];
  nationalities: string[];
  purpose: Purpose;
  /** A day, or nothing for now. */
  asOf: string;
}

const never = (): Moment => ({ date: '', time: '' });
let last = 0;
export const newStop = (): Stop => ({ id: `s${Date.now().toString(36)}${last++}`, text: '', arrive: never(), depart: never() });
export const newTrip = (): Trip => ({ stops: [newStop(), newStop()], legs: [{ mode: 'unknown' }], nationalities: [], purpose: 'other', asOf: '' });

export const fromWords = (place: PlaceWords): Place => ({
  label: place.iata ? `${place.label} (${place.iata})` : place.label,
  lat: place.lat,
  lon: place.lon,
  accuracy_m: place.accuracy_m,
  zone: place.zone,
  country: place.country,
});

/** Whether the way itself must be known. */
export const isOverland = (mode: Mode): boolean => mode !== 'air' && mode !== 'stay';

/** The line of a leg with a drawn road: from stop to stop through its bends. */
export function line(trip: Trip, i: number): Corner[] | undefined {
  const [from, to, road] = [trip.stops[i]?.place, trip.stops[i + 1]?.place, trip.legs[i]?.road];
  if (!from || !to || !road) return undefined;
  return [[from.lon, from.lat], ...road, [to.lon, to.lat]];
}

/** Metres along a line, on the sphere. */
export function lengthOf(corners: Corner[]): number {
  const rad = Math.PI / 180;
  let sum = 0;
  for (let i = 1; i < corners.length; i++) {
    const [[aLon, aLat], [bLon, bLat]] = [corners[i - 1]!, corners[i]!];
    const h = Math.sin(((bLat - aLat) * rad) / 2) ** 2 + Math.cos(aLat * rad) * Math.cos(bLat * rad) * Math.sin(((bLon - aLon) * rad) / 2) ** 2;
    sum += 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
  }
  return sum;
}

const written = ({ date, time }: Moment): string | undefined => (date ? (time ? `${date}T${time}` : date) : undefined);
const today = (): string => new Date().toISOString().slice(0, 10);

/** What was known at the end of the day chosen; now for today and none. */
export const asOfInstant = (trip: Trip): string | undefined => (trip.asOf && trip.asOf < today() ? `${trip.asOf}T23:59:59Z` : undefined);

/** The question; stops that are not filled in are left out, and so are the legs to and from them. */
export function request(trip: Trip): ItineraryRequest {
  const kept = trip.stops.map((stop, i) => ({ stop, i })).filter(({ stop }) => stop.place);
  const legs = kept.slice(1).map(({ stop, i }, n) => {
    const before = kept[n]!;
    const next = before.i + 1 === i;
    const corners = next ? line(trip, before.i) : undefined;
    return {
      id: `${before.stop.id}-${stop.id}`,
      from: before.stop.id,
      to: stop.id,
      mode: next ? (trip.legs[before.i]?.mode ?? 'unknown') : ('unknown' as Mode),
      ...(corners && { geometry: { type: 'LineString', coordinates: corners } }),
    };
  });
  return {
    itinerary: {
      party: [{ id: 'you', nationalities: trip.nationalities, purpose: trip.purpose }],
      stops: kept.map(({ stop }) => ({
        id: stop.id,
        place: { lat: stop.place!.lat, lon: stop.place!.lon, accuracy_m: stop.place!.accuracy_m, name: stop.place!.label },
        arrive: written(stop.arrive),
        depart: written(stop.depart),
      })),
      legs,
    },
    as_of: asOfInstant(trip),
    lang: lang(),
  } as ItineraryRequest;
}

/** What makes a trip this one and no other, as text: two trips with the same plan get the same answer. */
export const planOf = ({ stops, legs, nationalities, purpose }: Trip): string =>
  JSON.stringify([stops.map(({ place, arrive, depart }) => [place?.lat, place?.lon, arrive.date, arrive.time, depart.date, depart.time]), legs, nationalities, purpose]);

/** What a person calls it: from where to where, and when it begins. */
export function labelOf({ stops }: Trip): string {
  const date = stops.map(({ arrive, depart }) => arrive.date || depart.date).find(Boolean);
  const way = stops.flatMap(({ place }) => place?.label ?? []).join(' → ');
  return date ? `${way}, ${day(`${date}T12:00:00Z`, 'UTC')}` : way;
}

/** The countries that somebody will be in, as far as the places chosen tell. */
export const countriesOf = ({ stops }: Trip): string[] => [...new Set(stops.flatMap(({ place }) => place?.country ?? []))];

/** Whether its last day has passed everywhere. */
export function isOver({ stops }: Trip): boolean {
  const days = stops.flatMap(({ arrive, depart }) => [arrive.date, depart.date]).filter(Boolean);
  return days.length > 0 && days.every((date) => Date.parse(date) < Date.now() - 2 * 86_400_000);
}

const KEPT = 'cordon.trip';

export function keep(trip: Trip): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(trip));
  } catch {
    // a full or forbidden store: the trip lives as long as the page
  }
}

/** The trip that the address carries behind the #; `damaged` where that is none. */
export function carriedTrip(): Trip | 'damaged' | undefined {
  if (!location.hash.startsWith('#trip=')) return undefined;
  const trip = read(unpack(location.hash.slice('#trip='.length)));
  // the address is for the link only: an edited trip must not stand behind the old one
  history.replaceState(null, '', location.pathname + location.search);
  if (!trip) return 'damaged';
  // it stays when the page is loaded again, but takes the place of no other
  if (!localStorage.getItem(KEPT)) keep(trip);
  return trip;
}

/** The trip that is kept on this device, else an empty one. */
export const recall = (): Trip => read(localStorage.getItem(KEPT)) ?? newTrip();

/** A link with the trip behind the #, which browsers send to no one. */
export const link = (trip: Trip): string => `${location.origin}/#trip=${pack(JSON.stringify(trip))}`;

function pack(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  return btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

function unpack(text: string): string | null {
  try {
    const bytes = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** Reads what a link or the device holds: anything that is no trip is none. */
function read(text: string | null): Trip | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Trip | null;
    if (!value || !Array.isArray(value.stops) || value.stops.length === 0 || !Array.isArray(value.legs)) return undefined;
    const moment = (m: Moment | undefined): Moment => ({ date: String(m?.date ?? ''), time: String(m?.time ?? '') });
    const stops = value.stops.map((stop) => {
      const at = stop.place && Number.isFinite(stop.place.lat) && Number.isFinite(stop.place.lon) ? { ...stop.place, label: String(stop.place.label) } : undefined;
      return { ...newStop(), place: at, text: String(stop.text ?? ''), arrive: moment(stop.arrive), depart: moment(stop.depart) };
    });
    const road = (r: unknown): Corner[] | undefined =>
      Array.isArray(r) && r.every((c) => Array.isArray(c) && c.length === 2 && c.every(Number.isFinite)) ? (r as Corner[]) : undefined;
    const legs = stops.slice(1).map((_, i) => ({ mode: value.legs[i]?.mode ?? 'unknown', road: road(value.legs[i]?.road) }));
    return { stops, legs, nationalities: (value.nationalities ?? []).filter((c) => /^[A-Z]{2}$/.test(c)), purpose: value.purpose ?? 'other', asOf: String(value.asOf ?? '') };
  } catch {
    return undefined;
  }
}
