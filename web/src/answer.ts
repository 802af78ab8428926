// The answer turned into what a person reads: one sentence, then the plan part by part.
import type { Finding, FoundWays, Gap, IssuerStatus, ItineraryAnswer, LocationAnswer, Verdict } from './api/client';
import { country, day, list, metres } from './format';
import type { Trip } from './trip';
import { lang, t, tOf, type Key } from './words';

/** What a part of the plan is, with everything that was found about it. */
export interface Part {
  key: string;
  heading: string;
  zone?: string;
  findings: Finding[];
  gaps: Gap[];
  /** Of a leg whose way was not given: those that were found. */
  ways?: FoundWays;
}

export const who = (nationalities: string[]): string =>
  nationalities.length ? t('answer.who', { countries: list(nationalities.map(country)) }) : t('answer.who_any');

/** The parts in the order of the plan; of a document only those that something was found about. */
export function parts(answer: ItineraryAnswer, trip?: Trip): Part[] {
  const found = new Map<string, Part>();
  const part = (subject: Finding['subject'] | Gap['subject'], key: string): Part => {
    const heading = subject.kind === 'stop' ? subject.place : tOf('mode', subject.mode);
    const made = found.get(key) ?? { key, heading, findings: [], gaps: [] };
    found.set(key, made);
    return made;
  };
  if (trip) {
    const kept = trip.stops.map((stop, i) => ({ stop, i })).filter(({ stop }) => stop.place);
    kept.forEach(({ stop, i }, n) => {
      const before = kept[n - 1];
      if (before) {
        const mode = before.i + 1 === i ? (trip.legs[before.i]?.mode ?? 'unknown') : 'unknown';
        const key = `leg ${before.stop.id}-${stop.id}`;
        const heading = t('answer.leg_by', { from: before.stop.place!.label, to: stop.place!.label, mode: tOf('mode', mode) });
        found.set(key, { key, heading, zone: before.stop.place!.zone, findings: [], gaps: [] });
      }
      const key = `stop ${stop.id}`;
      found.set(key, { key, heading: stop.place!.label, zone: stop.place!.zone, findings: [], gaps: [] });
    });
  }
  for (const finding of answer.findings) part(finding.subject, `${finding.subject.kind} ${finding.subject.id}`).findings.push(finding);
  for (const gap of answer.indeterminate) part(gap.subject, `${gap.subject.kind} ${gap.subject.id}`).gaps.push(gap);
  for (const ways of answer.ways ?? []) {
    const one = found.get(`leg ${ways.leg}`);
    if (one) one.ways = ways;
  }
  for (const one of found.values()) one.findings.sort((a, b) => Number(b.governs) - Number(a.governs) || b.severity - a.severity);
  return [...found.values()];
}

/** The finding that the sentence is about: the gravest that governs and has the verdict of the whole. */
export function gravest(answer: ItineraryAnswer): Finding | undefined {
  const decides = answer.findings.filter((f) => f.governs && f.verdict === answer.verdict && !f.exemption);
  return decides.sort((a, b) => b.severity - a.severity || (b.way?.inside_m ?? 0) - (a.way?.inside_m ?? 0))[0];
}

/** What the sentence says is missing, by the first reason that is there; `on_device` is said by the check on the device alone. */
const GAPS: [string, Key][] = [['unresolved_place', 'answer.what_gap_place'], ['missing_route', 'answer.what_gap_route'], ['doubtful_document', 'answer.what_gap_document'], ['on_device', 'answer.what_gap_device']];

export function sentence(answer: ItineraryAnswer, whom: string, all: Part[]): string {
  const say = (what: string) => t('answer.sentence', { verdict: tOf('verdict', answer.verdict), who: whom, what });
  if (answer.verdict === 'indeterminate') {
    const reasons = new Set<string>(answer.indeterminate.map((gap) => gap.reason));
    return say(t(GAPS.find(([reason]) => reasons.has(reason))?.[1] ?? 'answer.what_gap_data'));
  }
  const finding = gravest(answer);
  if (!finding || answer.verdict === 'clear') return say(t('answer.what_clear'));
  const zone = all.find((part) => part.findings.includes(finding))?.zone;
  const date = day(finding.from ?? answer.as_of, zone);
  if (finding.subject.kind === 'stop') return say(t('answer.what_stop', { place: finding.subject.place, title: finding.title, date }));
  const mode = tOf('mode', finding.subject.mode);
  if (!finding.way) return say(t('answer.what_leg_plain', { mode, title: finding.title, date }));
  return say(t('answer.what_leg', { mode, title: finding.title, distance: metres(finding.way.inside_m), date }));
}

export const gravestHere = (answer: LocationAnswer): LocationAnswer['matches'][number] | undefined =>
  answer.matches.filter((m) => m.governs && m.verdict === answer.verdict).sort((a, b) => b.severity - a.severity)[0];

export function hereSentence(answer: LocationAnswer, whom: string): string {
  const say = (what: string) => t('answer.sentence', { verdict: tOf('verdict', answer.verdict), who: whom, what });
  if (answer.verdict === 'indeterminate') return say(t('answer.what_gap_data'));
  const found = gravestHere(answer);
  return say(found && answer.verdict !== 'clear' ? t('answer.what_here', { title: found.title }) : t('answer.what_here_clear'));
}

/** What to do, by our reading; nothing where nothing is asked. */
export function guidance(verdict: Verdict): string | undefined {
  const keys = { notice: 'answer.do_2', caution: 'answer.do_3', avoid: 'answer.do_4', prohibited: 'answer.do_5' } as const;
  return verdict in keys ? t(keys[verdict as keyof typeof keys]) : undefined;
}

export const issuerNames = (issuers: IssuerStatus[]): Map<string, IssuerStatus> => new Map(issuers.map((issuer) => [issuer.code, issuer]));

/**
 * A name by which the reader knows an issuer or its level, with the language it is in: its own for whoever reads that language. Those that
 * write in English have fuller English ones.
 */
export function knownAs(named: { name: string; native_name: string }, issuer: { languages: string[] } | undefined = named as IssuerStatus): [string, string] {
  return lang() !== 'en' && issuer?.languages?.[0] === lang() ? [lang(), named.native_name] : ['en', named.name];
}

/** The level as its issuer calls it: `4 · Travel ban`; a code that is a word already is not said twice. */
export const levelCode = (code: string): string => (/^\d/.test(code) ? `${code} · ` : '');
