// Of what somebody wants to be told: from which level on, by whom, and whether before it takes effect.
import type { IssuerStatus } from '../api/client';
import { Names } from '../parts/Answer';
import { t, tOf } from '../words';
import type { Wishes } from './watcher';

interface Props {
  wishes: Wishes;
  consulted: string[];
  issuers: Map<string, IssuerStatus>;
  onChange: (wishes: Wishes) => void;
}

/** Below them nobody is warned of anything. */
const LEVELS = [2, 3, 4, 5];

export function WishFields({ wishes, consulted, issuers, onChange }: Props) {
  const choice = [...new Set([...consulted, ...wishes.issuers])];
  const chosen = (code: string) => wishes.issuers.length === 0 || wishes.issuers.includes(code);
  const choose = (code: string, on: boolean) => {
    const next = choice.filter((one) => (one === code ? on : chosen(one)));
    // all of them is not a list: a government that is consulted later counts too
    if (next.length > 0) onChange({ ...wishes, issuers: next.length === choice.length ? [] : next });
  };
  const last = choice.filter(chosen).length === 1;
  return (
    <>
      <p class="field">
        <label for="watch-min">{t('watch.min')}</label>
        <select id="watch-min" value={wishes.minSeverity} onChange={(event) => onChange({ ...wishes, minSeverity: Number(event.currentTarget.value) })}>
          {LEVELS.map((level) => (
            <option key={level} value={level}>
              {level} · {tOf('severity', level)}
            </option>
          ))}
        </select>
      </p>
      {choice.length > 1 && (
        <fieldset class="choice">
          <legend>{t('watch.issuers')}</legend>
          {choice.map((code) => (
            <label key={code}>
              <input type="checkbox" checked={chosen(code)} disabled={last && chosen(code)} onChange={(event) => choose(code, event.currentTarget.checked)} />{' '}
              <Names issuer={issuers.get(code)} code={code} />
            </label>
          ))}
        </fieldset>
      )}
      <label class="tick">
        <input type="checkbox" checked={wishes.upcoming} onChange={(event) => onChange({ ...wishes, upcoming: event.currentTarget.checked })} /> {t('watch.upcoming')}
      </label>
    </>
  );
}
