// Why there is no answer, in the reader's words where there are some, and what to do about it.
import type { Failure } from '../api/client';
import type { Question } from '../question';
import { t, type Key } from '../words';

interface Props {
  failure: Failure;
  question: Question;
  onRetry: () => void;
}

export function FailureView({ failure, question, onRetry }: Props) {
  const issues = failure.kind === 'refused' ? (failure.problem?.errors ?? []) : [];
  const backwards = question.kind === 'trip' ? reversed(issues, question) : [];
  const others = backwards.length ? issues.filter(({ code }) => code !== 'reversed_time') : issues;
  // what the service alone can say, it says in English
  const details = failure.kind === 'refused' && failure.problem && issues.length === 0 ? [{ pointer: '', detail: failure.problem.detail }] : others;
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{said(failure, question)}</strong>
      </p>
      {backwards.length > 0 && (
        <ul>
          {backwards.map((place) => (
            <li key={place}>{t('trip.reversed', { place })}</li>
          ))}
        </ul>
      )}
      {details.length > 0 && (
        <ul lang="en">
          {details.map((issue) => (
            <li key={issue.pointer}>
              {issue.detail} {issue.pointer && <code>{issue.pointer}</code>}
            </li>
          ))}
        </ul>
      )}
      <button type="button" onClick={onRetry}>
        {t('failure.retry')}
      </button>
    </div>
  );
}

function said({ kind, wait }: Failure, question: Question): string {
  if (kind === 'busy' && wait && wait > 1) return t('failure.busy_for', { n: wait });
  if (kind === 'refused' && question.kind === 'document') return t('failure.document');
  return t(`failure.${kind}` satisfies Key);
}

/** The stops of a trip whose times run backwards, each once, as its reader calls them. */
function reversed(issues: { pointer: string; code: string }[], { trip }: Question): string[] {
  const asked = trip.stops.filter((stop) => stop.place);
  const stops = issues.flatMap(({ pointer, code }) => (code === 'reversed_time' ? (asked[Number(/^\/itinerary\/stops\/(\d+)/.exec(pointer)?.[1])]?.place?.label ?? []) : []));
  return [...new Set(stops)];
}
