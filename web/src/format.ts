// Distances, instants and names as people of a language write them.
import { lang, substitute, t } from './words';

export function metres(m: number): string {
  const style = (unit: string, digits: number) => new Intl.NumberFormat(lang(), { style: 'unit', unit, maximumFractionDigits: digits });
  if (Math.abs(m) < 999.5) return style('meter', 0).format(m);
  return style('kilometer', Math.abs(m) < 99_950 ? 1 : 0).format(m / 1000);
}

let zoneHere: string | undefined;
/** The reader's own zone; only looked up when a time is shown, since the page waits for it. */
const here = (): string => (zoneHere ??= Intl.DateTimeFormat().resolvedOptions().timeZone);

/** In the language; where the browser lacks it, in the order day, month, year with the language's own months. */
function dates(zone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = substitute() ? 'en-GB' : lang();
  try {
    return new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
  } catch {
    return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options });
  }
}

const ENGLISH_MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const joined = (parts: { type: string; value: string }[]): string =>
  parts.map(({ type, value }) => (type === 'month' ? (substitute()?.months[ENGLISH_MONTHS.indexOf(value.slice(0, 3))] ?? value) : value)).join('');

const format = (at: string, zone: string | undefined, options: Intl.DateTimeFormatOptions): string => joined(dates(zone, options).formatToParts(new Date(at)));

/** The day of an instant at a place. */
export const day = (at: string, zone?: string): string => format(at, zone, { day: 'numeric', month: 'long', year: 'numeric' });

/** An instant at a place, with the zone's name. */
export const minute = (at: string, zone?: string): string =>
  format(at, zone, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });

/** A time as it is said at a place; as it is said where the reader is beside it, where clocks show another. */
function beside(at: string, zone: string | undefined, say: (zone?: string) => string): string {
  const clock = (z?: string) => format(at, z, { day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return zone && clock(zone) !== clock(here()) ? `${say(zone)} (${t('answer.yours', { when: say(here()) })})` : say(zone);
}

/** An instant at a place; the reader's own time beside it, where that is another. */
export const both = (at: string, zone?: string): string => beside(at, zone, (z) => minute(at, z));

export function span(from: string | null | undefined, to: string | null | undefined, zone?: string): string {
  if (from && to && from === to) return both(from, zone);
  if (!from && !to) return t('answer.any_time');
  // both ends in one format: the language says how a range is written and leaves out what they share
  if (from && to) {
    const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' };
    return beside(from, zone, (z) => joined(dates(z, options).formatRangeToParts(new Date(from), new Date(to))));
  }
  return from ? `${both(from, zone)} –` : `– ${both(to!, zone)}`;
}

export function country(code: string): string {
  const known = substitute()?.regions[code];
  if (known) return known;
  try {
    return new Intl.DisplayNames(lang(), { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

export const list = (items: string[]): string => (substitute() ? items.join(' និង ') : '') || new Intl.ListFormat(lang(), { type: 'conjunction' }).format(items);

/** ISO 3166-1, for the nationalities. */
export const COUNTRIES =
  'AD AE AF AG AI AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GI GL GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MR MS MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NU NZ OM PA PE PG PH PK PL PS PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VN VU WS XK YE ZA ZM ZW'.split(' ');
