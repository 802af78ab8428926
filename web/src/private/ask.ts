// A question of the page, answered on this device: where somebody is now, or the stops of a trip.
import { Failure, type Finding, type Gap, type IssuerLine, type IssuerStatus, type ItineraryAnswer, type LocationAnswer } from '../api/client';
import { countryAt } from '../map/world';
import { asOfInstant, isOverland, type Place, type Trip } from '../trip';
import { lang, tOf } from '../words';
import { fetchBundle, isOutdated, type Fetched } from './kept';
import { answers, appliedEffects, check, judge, words, worse, type Question } from './rules';
import { nearestVertex } from './exact';
import { locate } from './shape';
import { instant, micros, written, type Span } from './time';
import { windows } from './windows';

export { fetchBundle, forgetBundles, isOutdated, keptCountries, type Fetched } from './kept';

/** The most countries fetched on the way to the one that answers. */
const MOST_TRIED = 3;

const now = (): number => Date.now() * 1000;

/** The bundle that answers for a place. Which are fetched follows from the country alone. */
async function bundleFor(place: { lat: number; lon: number; accuracy_m: number; country?: string }): Promise<Fetched> {
  const tried = new Set<string>();
  let country = place.country ?? (await countryAt(place.lat, place.lon));
  while (country && !tried.has(country) && tried.size < MOST_TRIED) {
    tried.add(country);
    const kept = await fetchBundle(country);
    if (answers(kept.bundle, place)) return kept;
    // the rough outlines erred, or the gazetteer: the bundle knows its neighbours better
    const { shapes } = kept.bundle;
    country = locate(shapes, nearestVertex(place.lat, place.lon), place.accuracy_m)
      .map((one) => shapes[one.shape]!.country)
      .find((one) => one && !tried.has(one));
  }
  throw new Failure('beyond');
}

function question(kept: Fetched, trip: Trip, place: { lat: number; lon: number; accuracy_m: number }, presence: Span, passing: boolean): Question {
  const asOf = asOfInstant(trip);
  return {
    ...place,
    presence,
    as_of: asOf ? micros(asOf) : now(),
    nationalities: trip.nationalities,
    purpose: trip.purpose,
    passing,
    permits: [],
    issuers: [],
    lang: lang(),
    outdated: isOutdated(kept),
  };
}

/** Where somebody is now. */
export async function askHere(place: { lat: number; lon: number; accuracy_m: number }, trip: Trip): Promise<{ here: LocationAnswer; bundles: Fetched[] }> {
  const kept = await bundleFor(place);
  return { here: check(kept.bundle, question(kept, trip, place, instant(now()), trip.purpose === 'transit')), bundles: [kept] };
}

/** The stops of a trip, each for its whole time at the place. The ways between them are said to be open. */
export async function askTrip(trip: Trip): Promise<{ answer: ItineraryAnswer; bundles: Fetched[] }> {
  const stops = trip.stops.filter((stop) => stop.place);
  const when = windows(stops, now());
  const findings: Finding[] = [];
  const gaps: Gap[] = [];
  const lines = new Map<string, IssuerLine>();
  const used = new Map<string, Fetched>();
  let verdict: ItineraryAnswer['verdict'] = 'clear';
  const gap = (subject: Gap['subject'], reason: string, detail: string, issuer?: string) => {
    verdict = worse(verdict, 'indeterminate');
    gaps.push({ subject, travellers: ['you'], issuer, reason: reason as Gap['reason'], detail, source_pointer: '' });
  };
  for (const [i, stop] of stops.entries()) {
    const place = stop.place!;
    const subject = { kind: 'stop' as const, id: stop.id, place: place.label };
    const at = { lat: place.lat, lon: place.lon, accuracy_m: place.accuracy_m ?? 0 };
    const kept = await bundleFor({ ...at, country: place.country }).catch((error: unknown) => {
      if (error instanceof Failure && (error.kind === 'beyond' || error.kind === 'unknown_country')) return undefined;
      throw error;
    });
    if (kept) {
      used.set(kept.country, kept);
      const asked = question(kept, trip, at, when[i]!, false);
      const judgement = judge(kept.bundle, asked);
      verdict = worse(verdict, judgement.verdict);
      for (const line of judgement.lines) {
        lines.set(line.issuer, merged(lines.get(line.issuer), line));
        for (const one of line.indeterminate ?? []) gap(subject, one.code, one.detail, line.issuer);
      }
      for (const match of judgement.matches) {
        const { margin_m: _, on_border: __, ...said } = words(kept.bundle, match, asked);
        const effects = appliedEffects(kept.bundle, match, asked);
        findings.push({ ...said, subject, travellers: ['you'], from: written(match.during.from), to: written(match.during.to), legal_effects: effects, source_pointer: '' } as Finding);
      }
    } else gap(subject, 'beyond', tOf('gap', 'beyond'));
    const next = stops[i + 1];
    const at_ = trip.stops.indexOf(stop);
    const mode = next && trip.stops[at_ + 1] === next ? (trip.legs[at_]?.mode ?? 'unknown') : 'unknown';
    if (next && isOverland(mode)) gap({ kind: 'leg', id: `${stop.id}-${next.id}`, mode } as Gap['subject'], 'on_device', tOf('gap', 'on_device'));
  }
  const bundles = [...used.values()];
  const epoch = Math.max(0, ...bundles.map(({ bundle }) => bundle.statement.epoch));
  const as_of = asOfInstant(trip) ?? written(now())!;
  const party = [{ traveller: 'you', verdict, issuers: [...lines.values()] }];
  return { answer: { verdict, complete: gaps.length === 0, as_of, epoch, party, findings, indeterminate: gaps } as ItineraryAnswer, bundles };
}

/** Two lines of one issuer: the graver governs, what is missing adds up. */
function merged(a: IssuerLine | undefined, b: IssuerLine): IssuerLine {
  if (!a) return b;
  const graver = b.severity > a.severity ? b : a;
  const missing = [...(a.indeterminate ?? []), ...(b.indeterminate ?? [])];
  return { ...graver, verdict: worse(a.verdict, b.verdict), ...(missing.length && { indeterminate: missing }) };
}

/** The issuers as bundles name them: asking the service would not tell more. */
export function issuersOf(bundles: Fetched[]): IssuerStatus[] {
  return (bundles[0]?.bundle.statement.issuers ?? []).map(({ issuer }) => issuer as unknown as IssuerStatus);
}

/** The countries that somebody will be in, as far as places tell, to be fetched beforehand. */
export async function countriesOf(places: Place[]): Promise<string[]> {
  const found = await Promise.all(places.map((place) => place.country ?? countryAt(place.lat, place.lon)));
  return [...new Set(found.flatMap((one) => one ?? []))];
}
