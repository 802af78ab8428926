// The rules of a location check, as the service applies them: what is in force, what governs, what it means for whoever asks.
import type { LocationAnswer } from '../api/client';
import type { Bundle, Fence, Step } from './bundle';
import { pick, type EffectDocument, type ExemptionDocument, type IssuerDocument } from './documents';
import { nearestVertex } from './exact';
import { locate, margin, type Placed } from './shape';
import { contains, during, written, type Span } from './time';

export type Verdict = LocationAnswer['verdict'];
type Said = ReturnType<typeof pick>;
type Match = LocationAnswer['matches'][number];
type Line = LocationAnswer['issuers'][number];
type Gap = NonNullable<Line['indeterminate']>[number];

export interface Permit {
  issuer: string;
  advisory?: string | null;
  /** Microseconds; infinite where open. */
  valid: Span;
}

/** What is asked. Latitude and longitude in degrees, instants in microseconds. */
export interface Question {
  lat: number;
  lon: number;
  accuracy_m: number;
  presence: Span;
  as_of: number;
  nationalities: string[];
  purpose: string;
  /** Whether the place is only passed through, without a stay. */
  passing: boolean;
  permits: Permit[];
  /** Issuers to consult beside those of the nationalities. */
  issuers: string[];
  lang: string;
  /** The bundle has not been compared with the service for too long: what it says about a country may be out of date. */
  outdated?: boolean;
}

const RANK: Record<Verdict, number> = { clear: 0, notice: 1, caution: 2, indeterminate: 3, avoid: 4, prohibited: 5 };
/** A danger that is certain is said, a safety that is not is never claimed. */
export const worse = (a: Verdict, b: Verdict): Verdict => (RANK[b] > RANK[a] ? b : a);
const BY_SEVERITY: Verdict[] = ['clear', 'clear', 'notice', 'caution', 'avoid', 'prohibited'];
const PROHIBITED = 5;

/** A fence that touches a presence, judged. */
export interface Judged {
  fence: Fence;
  placed: Placed;
  during: Span;
  verdict: Verdict;
  exemption?: ExemptionDocument;
  governs: boolean;
  outrankedBy?: string;
}

/** Longitude within half a turn, as the service normalises it. */
const normal = (lon: number): number => (lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon);

/** Whether the bundle holds everything that an answer for this position rests on. */
export function answers({ statement, shapes }: Bundle, question: Pick<Question, 'lat' | 'lon' | 'accuracy_m'>): boolean {
  const v = nearestVertex(question.lat, normal(question.lon));
  const away = shapes.filter((shape) => shape.country === statement.country).map((shape) => Math.max(0, margin(shape, v).signed));
  return Math.min(...away) + question.accuracy_m <= statement.reach_m;
}

/** Everything there is to say about one presence. */
export interface Judgement {
  verdict: Verdict;
  countries: string[];
  lines: Line[];
  matches: Judged[];
}

/** Judges a presence from the bundle alone. */
export function judge(bundle: Bundle, question: Question): Judgement {
  const { shapes } = bundle;
  const placed = locate(shapes, nearestVertex(question.lat, normal(question.lon)), question.accuracy_m);
  const countries = placed.flatMap((one) => shapes[one.shape]!.country ?? []);
  const issuers = consulted(bundle, question);
  let verdict: Verdict = issuers.length ? 'clear' : 'indeterminate';
  const lines: Line[] = [];
  const matches: Judged[] = [];
  for (const issuer of issuers) {
    const of = matchesOf(bundle, issuer, placed, question);
    const governed = govern(of);
    const gaps = gapsOf(bundle, issuer, countries, question);
    const own = gaps.length ? worse(governed.verdict, 'indeterminate') : governed.verdict;
    verdict = worse(verdict, own);
    lines.push(lineOf(bundle, issuer, own, governed.governor, gaps, question));
    matches.push(...of);
  }
  return { verdict, countries, lines, matches };
}

/** Answers for an instant, in the form of the service's own answer. */
export function check(bundle: Bundle, question: Question): LocationAnswer {
  const { verdict, countries, lines, matches } = judge(bundle, question);
  return {
    verdict,
    at: written(question.presence.from)!,
    as_of: written(question.as_of)!,
    epoch: bundle.statement.epoch,
    countries,
    issuers: lines,
    matches: matches.map((one) => words(bundle, one, question)),
    no_statement: lines.filter((line) => !line.governing && !line.indeterminate).map((line) => line.issuer),
  };
}

/** Those of the nationalities and those named; every one where neither gives any. An organisation is heard by everyone once it has spoken. */
function consulted({ statement }: Bundle, { nationalities, issuers }: Question): number[] {
  const chosen = statement.issuers.map(({ issuer }) => issuers.includes(issuer.code) || issuer.nationalities.some((one) => nationalities.includes(one)));
  const nobody = !chosen.includes(true);
  return statement.issuers.flatMap(({ issuer, has_spoken }, i) => {
    const organisation = issuer.nationalities.length === 0;
    return chosen[i] || (organisation ? has_spoken : nobody) ? [i] : [];
  });
}

/** When a revision is in force, as known at an instant: a later one takes over from its own beginning on, for good. */
export function inForce({ published, valid, later }: Step & { later: Step[] }, asOf: number): Span | undefined {
  if (published > asOf) return undefined;
  const superseded = later.filter((one) => one.published <= asOf).map((one) => one.valid.from);
  const period = { from: valid.from, to: Math.min(valid.to, ...superseded) };
  return period.from < period.to ? period : undefined;
}

function matchesOf({ statement, onShape }: Bundle, issuer: number, placed: Placed[], question: Question): Judged[] {
  const matches: Judged[] = [];
  for (const place of placed) {
    for (const fence of onShape[place.shape]!) {
      const period = fence.issuer === issuer ? inForce(fence, question.as_of) : undefined;
      const shared = period && during(question.presence, period);
      if (!shared) continue;
      const exemption = exemptionOf(fence, question);
      const verdict = verdictOf(fence, statement.issuers[issuer]!.issuer, question, exemption !== undefined);
      matches.push({ fence, placed: place, during: shared, verdict, exemption, governs: false });
    }
  }
  return matches.sort((a, b) => rank(b, a));
}

/** The graver level first; among equals the smaller area, which is the more specific. */
const rank = ({ fence: a }: Judged, { fence: b }: Judged): number => a.severity - b.severity || a.level - b.level || b.said.area_m2 - a.said.area_m2 || a.id - b.id;

function exemptionOf({ said, advisory }: Fence, { purpose, passing, permits, presence }: Question): ExemptionDocument | undefined {
  return said.exemptions.find(({ kind }) => {
    if (kind === 'transit_only') return passing;
    if (kind === 'resident') return purpose === 'resident';
    return permits.some((permit) => {
      const covered = during(presence, permit.valid);
      return permit.issuer === advisory.split(':')[0] && (permit.advisory ?? advisory) === advisory && covered?.from === presence.from && covered.to === presence.to;
    });
  });
}

const effectsOf = ({ said }: Fence, issuer: IssuerDocument): EffectDocument[] =>
  issuer.legal_effects.filter((effect) => effect.levels.includes(said.level) || said.legal_effects.includes(effect.id));
const forbids = ({ kind }: EffectDocument): boolean => kind === 'passport_restriction' || kind === 'criminal_penalty';
/** Whether an effect binds whoever asks; null when their nationality is not known. */
const binds = (effect: EffectDocument, nationalities: string[]): boolean | null =>
  effect.nationalities.length === 0 ? true : nationalities.length === 0 ? null : nationalities.some((one) => effect.nationalities.includes(one));

/** Severity 5 is prohibited only for somebody the law binds or may bind; for everyone else the danger remains. */
function verdictOf(fence: Fence, issuer: IssuerDocument, { nationalities }: Question, exempted: boolean): Verdict {
  if (fence.severity < PROHIBITED) return BY_SEVERITY[fence.severity]!;
  const forbidding = effectsOf(fence, issuer).filter(forbids);
  const bound = forbidding.length === 0 || forbidding.some((effect) => binds(effect, nationalities) !== false);
  return bound && !exempted ? 'prohibited' : 'avoid';
}

/** Settles which match governs at each instant, marks the others as outranked, and gives the worst instant's verdict. */
function govern(matches: Judged[]): { verdict: Verdict; governor?: Judged } {
  // the set in force changes only where one of them begins or ends, so those instants stand for all
  const instants = [...new Set(matches.flatMap(({ during: { from, to } }) => (to === Infinity ? [from] : [from, to])))].sort((a, b) => a - b);
  let worst: { verdict: Verdict; governor?: Judged } = { verdict: 'clear' };
  for (const at of instants) {
    const active = matches.filter((one) => contains(one.during, at) || (at === -Infinity && one.during.from === at));
    const carved = new Map(active.map((below) => [below, carverOf(active, below)]));
    const standing = active.filter((one) => !carved.get(one));
    const governor = standing[0];
    if (!governor) continue;
    governor.governs = true;
    for (const one of active) if (one !== governor) one.outrankedBy ??= (carved.get(one) ?? governor).fence.revision;
    const verdict = standing.reduce((all, one) => worse(all, one.verdict), governor.verdict);
    if (!worst.governor || worse(worst.verdict, verdict) !== worst.verdict) worst = { verdict, governor };
  }
  for (const one of matches) if (one.governs) one.outrankedBy = undefined;
  return worst;
}

/** What carves a match out. Of a circle of advisories that carve each other out, a mistake in the data, the gravest stands; they are ordered, the gravest first. */
function carverOf(active: Judged[], below: Judged): Judged | undefined {
  return active.find((above) => carvesOut(above, below) && !(active.indexOf(below) < active.indexOf(above) && leadsTo(active, below, above)));
}

/** Whether one match carves out another, or one that carves out another that does, and so on. */
function leadsTo(active: Judged[], from: Judged, to: Judged): boolean {
  const reached = [from];
  for (const above of reached) reached.push(...active.filter((below) => !reached.includes(below) && carvesOut(above, below)));
  return reached.includes(to);
}

/** A carve-out that lowers the level needs certainty: on its border, or within the doubt about it, the graver statement stands. */
function carvesOut(above: Judged, below: Judged): boolean {
  const [carver, carved] = [above.fence, below.fence];
  const certain = above.placed.placement === 'inside' && !above.placed.on_border;
  const graver = carver.severity > carved.severity || (carver.severity === carved.severity && carver.level >= carved.level);
  return above !== below && carver.said.carves_out_of.includes(carved.advisory) && (certain || graver);
}

/** What is not known about the countries at hand for a clear answer of an issuer; an organisation knows its own statements completely. */
function gapsOf({ statement }: Bundle, issuer: number, countries: string[], { presence, as_of, outdated }: Question): Gap[] {
  const { code, nationalities } = statement.issuers[issuer]!.issuer;
  if (nationalities.length === 0) return [];
  const [first, last] = [Math.min(presence.from, as_of), Math.min(presence.to, as_of)];
  if (countries.length === 0 && statement.places_missing) {
    return [{ code: 'refused_file', country: null, detail: 'a file of places could not be read: the country here may be missing' }];
  }
  return countries.flatMap((country): Gap[] => {
    const gaps: Gap[] = [];
    const gap = (kind: Gap['code'], detail: string) => gaps.push({ code: kind, country, detail });
    const refused = statement.refused.find((file) => (file.issuer ?? code) === code && (file.countries?.includes(country) ?? true));
    if (refused) gap('refused_file', `${refused.file} could not be read: ${refused.reason}`);
    const known = statement.coverage.find((one) => one.issuer === code && one.known.country === country)?.known;
    if (!known) gap('not_covered', `what ${code} says about ${country} is not recorded here`);
    else if (first < Date.parse(known.from) * 1000) gap('before_records', `records of ${code} about ${country} begin at ${known.from}`);
    else if (outdated || last >= (Date.parse(known.verified_at) + statement.max_age_s * 1000) * 1000) gap('stale', `what ${code} says about ${country} was last compared with its source at ${known.verified_at}`);
    return gaps;
  });
}

function lineOf(bundle: Bundle, issuer: number, verdict: Verdict, governor: Judged | undefined, gaps: Gap[], question: Question): Line {
  const own = bundle.statement.issuers[issuer]!.issuer;
  const fence = governor?.fence;
  return {
    issuer: own.code,
    verdict,
    severity: fence?.severity ?? 0,
    level: fence ? levelOf(fence, own) : null,
    governing: fence?.revision ?? null,
    legal_effects: governor ? appliedEffects(bundle, governor, question) : [],
    ...(gaps.length && { indeterminate: gaps }),
  };
}

/** What the law attaches to a match; an exempted traveller is not bound by what forbids. */
export function appliedEffects({ statement }: Bundle, { fence, exemption }: Judged, { nationalities, lang }: Question): Line['legal_effects'] {
  return effectsOf(fence, statement.issuers[fence.issuer]!.issuer).map((effect) => ({
    id: effect.id,
    kind: effect.kind as Line['legal_effects'][number]['kind'],
    statute: effect.statute,
    text: pick(effect.text, lang)[1],
    url: effect.url,
    applies: exemption && forbids(effect) ? false : binds(effect, nationalities),
    ...(effect.permit_grounds?.length && { permit_grounds: effect.permit_grounds.map((ground) => pick(ground.text, lang)[1]) }),
  }));
}

function levelOf(fence: Fence, issuer: IssuerDocument): NonNullable<Line['level']> {
  const { code, name, native_name, colour } = issuer.levels[fence.level]!;
  return { code, name, native_name, colour };
}

/** A match in the form of the service's own. */
export function words({ statement }: Bundle, { fence, placed, verdict, exemption, governs, outrankedBy }: Judged, { as_of, lang }: Question): Match {
  const issuer = statement.issuers[fence.issuer]!.issuer;
  const period = inForce(fence, as_of) ?? fence.valid;
  const [[titleLang, title], [textLang, text], [exemptedLang, exempted]] = [fence.said.title, fence.said.text, exemption?.text ?? {}].map((texts) => pick(texts, lang)) as [Said, Said, Said];
  return {
    revision: fence.revision,
    issuer: issuer.code,
    title,
    text,
    title_lang: titleLang,
    text_lang: textLang,
    severity: fence.severity,
    level: levelOf(fence, issuer),
    basis: fence.said.basis as Match['basis'],
    accuracy_m: fence.said.accuracy_m,
    valid_from: written(period.from),
    valid_to: written(period.to),
    source_url: fence.said.source_url,
    verdict,
    placement: placed.placement,
    margin_m: Number.isFinite(placed.margin_m) ? Math.round(placed.margin_m * 10) / 10 + 0 : null,
    on_border: placed.on_border,
    governs,
    outranked_by: outrankedBy ?? null,
    exemption: exemption ? { kind: exemption.kind, text: exempted, text_lang: exemptedLang, source_url: exemption.source_url } : null,
  };
}
