// The switch "check on this device": what it means, which countries' fences are here, and how old they are. What does the work is loaded with it.
import { useEffect, useState } from 'preact/hooks';
import { Failure } from '../api/client';
import { country, list, minute } from '../format';
import type { Trip } from '../trip';
import { t } from '../words';
import { CountryField } from '../parts/CountryField';

const CHOSEN = 'cordon.private';

export const isPrivate = (): boolean => {
  try {
    return localStorage.getItem(CHOSEN) === '1';
  } catch {
    return false;
  }
};

/** What answers on this device. */
export const device = () => import('./ask');

interface Props {
  on: boolean;
  trip: Trip;
  /** Moves when bundles may have been fetched elsewhere on the page. */
  turn: unknown;
  onSwitch: (on: boolean) => void;
}

export function PrivateSwitch({ on, trip, turn, onSwitch }: Props) {
  const [kept, setKept] = useState<{ country: string; comparedAt: number }[]>([]);
  const [said, setSaid] = useState('');
  const [text, setText] = useState('');
  useEffect(() => {
    if (on) void device().then(async ({ keptCountries }) => setKept(await keptCountries()));
  }, [on, turn]);

  const fetchAll = async (codes: string[]) => {
    setSaid(t('private.fetching'));
    const { fetchBundle, keptCountries } = await device();
    const fetched: string[] = [];
    for (const code of codes) {
      try {
        const { offline } = await fetchBundle(code);
        if (offline) throw new Failure('network');
        fetched.push(country(code));
      } catch (error) {
        const kind = error instanceof Failure ? error.kind : 'network';
        setKept(await keptCountries());
        return setSaid(`${country(code)}: ${t(kind === 'unsigned' ? 'failure.unsigned' : kind === 'unknown_country' ? 'failure.unknown_country' : 'private.unreached')}`);
      }
    }
    setKept(await keptCountries());
    setSaid(fetched.length ? t('private.fetched', { countries: list(fetched) }) : t('private.nothing'));
  };
  const places = trip.stops.flatMap((stop) => stop.place ?? []);
  return (
    <div class="private">
      <p>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={on}
            aria-describedby="private-about"
            onChange={(event) => {
              const next = event.currentTarget.checked;
              try {
                localStorage.setItem(CHOSEN, next ? '1' : '0');
              } catch {
                // it holds as long as the page
              }
              onSwitch(next);
            }}
          />{' '}
          {t('private.switch')}
        </label>
      </p>
      <p class="quiet" id="private-about">
        {t('private.about')}
      </p>
      {on && (
        <>
          <p class="quiet">{t('private.limits')}</p>
          {places.length > 0 && (
            <p>
              <button type="button" onClick={() => void device().then(async ({ countriesOf }) => fetchAll(await countriesOf(places)))}>
                {t('private.trip')}
              </button>
            </p>
          )}
          <CountryField
            label={t('private.country')}
            text={text}
            without={[]}
            onText={setText}
            onChoose={(code) => {
              setText('');
              void fetchAll([code]);
            }}
          />
          {kept.length > 0 && (
            <>
              <h3>{t('private.kept')}</h3>
              <ul class="plainlist bundles">
                {kept.map((one) => (
                  <li key={one.country}>{t('private.of', { country: country(one.country), when: minute(new Date(one.comparedAt).toISOString()) })}</li>
                ))}
              </ul>
              <p>
                <button type="button" class="plain" onClick={() => void device().then(({ forgetBundles }) => forgetBundles().then(() => (setKept([]), setSaid(t('private.forgotten')))))}>
                  {t('private.forget')}
                </button>
              </p>
            </>
          )}
          <p role="status" class="status">
            {said}
          </p>
        </>
      )}
    </div>
  );
}
