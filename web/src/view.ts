// An answer as the page shows it.
import type { Finding, ItineraryAnswer } from './api/client';
import { gravest, gravestHere, hereSentence, parts, sentence, who } from './answer';
import { country, list, minute } from './format';
import type { AnswerView } from './parts/Answer';
import type { Result } from './question';
import { isOver } from './trip';
import { t } from './words';

export function viewOf(result: Result): AnswerView {
  if ('here' in result) {
    const { here, question } = result;
    const whom = who(question.kind === 'here' ? question.trip.nationalities : []);
    const subject = { kind: 'stop' as const, id: 'here', place: t('trip.my_position') };
    const findings = here.matches.map((match) => ({
      ...match,
      subject,
      travellers: [],
      from: here.at,
      to: here.at,
      legal_effects: here.issuers.find((line) => line.governing === match.revision)?.legal_effects ?? [],
      source_pointer: '',
    })) as unknown as Finding[];
    return {
      verdict: here.verdict,
      sentence: hereSentence(here, whom),
      title: titleOf(gravestHere(here)),
      complete: here.issuers.every((line) => !line.indeterminate?.length),
      asOf: here.as_of,
      lines: here.issuers,
      note: bundleNote(result),
      parts: [{ key: 'here', heading: t('trip.my_position'), findings, gaps: [] }],
    };
  }
  const { answer, question } = result;
  const all = parts(answer, question.kind === 'trip' ? question.trip : undefined);
  const whom = question.kind === 'document' ? '' : who(question.trip.nationalities);
  return {
    verdict: answer.verdict,
    sentence: sentence(answer, whom || t('answer.who_any'), all),
    title: titleOf(gravest(answer)),
    complete: answer.complete,
    asOf: answer.as_of,
    lines: answer.party.length === 1 ? answer.party[0]!.issuers : worstLines(answer),
    past: question.kind === 'trip' && isOver(question.trip),
    parts: all,
    note: question.kind === 'document' ? t('trip.document_answer', { name: question.name }) : bundleNote(result),
  };
}

const titleOf = (found: { title: string; title_lang: string } | undefined) => found && { text: found.title, lang: found.title_lang };

/** How old the bundles are that answered on the device. */
function bundleNote({ bundles }: Result): string | undefined {
  if (!bundles?.length) return undefined;
  const oldest = Math.min(...bundles.map((one) => one.comparedAt));
  const said = [t('private.note', { countries: list(bundles.map((one) => country(one.country))), when: minute(new Date(oldest).toISOString()) })];
  if (bundles.some((one) => one.offline)) said.push(t('private.offline'));
  if (bundles.some((one) => Date.now() - one.comparedAt > one.bundle.statement.stale_after_s * 1000)) said.push(t('private.outdated'));
  return said.join(' ');
}

/** Of several travellers the graver line of each issuer: the issuers stay apart, the people are told together. */
function worstLines(answer: ItineraryAnswer): AnswerView['lines'] {
  const lines = new Map<string, AnswerView['lines'][number]>();
  for (const line of answer.party.flatMap((member) => member.issuers)) {
    const known = lines.get(line.issuer);
    if (!known || line.severity > known.severity) lines.set(line.issuer, line);
  }
  return [...lines.values()];
}
