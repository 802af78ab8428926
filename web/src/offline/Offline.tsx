// What somebody reads without a connection: from when it is, the advisories that were kept, the answers that were.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { IssuerStatus, RevisionWords } from '../api/client';
import { both, country, list, minute } from '../format';
import { LevelName, Names } from '../parts/Answer';
import { Swatch } from '../parts/Swatch';
import { countriesOf, labelOf, type Trip } from '../trip';
import { said as pick, lang, t, tOf } from '../words';
import { isOld, type Kept, type KeptAnswer } from './keep';
import { news, onNews, takeNews } from './worker';

/** From when the data are; and that they are old, where they are. */
export function DataFrom({ at, children }: { at: string; children?: ComponentChildren }) {
  return (
    <div class={`data-from${isOld(at) ? ' old' : ''}`} role="status">
      <p>
        <strong>{t('offline.banner', { when: minute(at) })}</strong> {isOld(at) && t('offline.old')}
      </p>
      {children}
    </div>
  );
}

/** Says that a newer version of the page can be used, and waits to be told to. */
export function News() {
  const [state, setState] = useState(news());
  useEffect(() => onNews(() => setState(news())), []);
  return (
    <div role="status" class={state ? 'news' : undefined}>
      {state && (
        <>
          {t(state === 'waits' ? 'update.waits' : 'update.taken')}{' '}
          <button type="button" onClick={takeNews}>
            {t('update.take')}
          </button>
        </>
      )}
    </div>
  );
}

interface KeptProps {
  kept: Kept;
  trip: Trip;
  issuers: Map<string, IssuerStatus>;
  onForget: () => void;
}

/** What of a trip is kept here, to be read with or without a connection. */
export function KeptSection({ kept, trip, issuers, onForget }: KeptProps) {
  const countries = countriesOf(trip).filter((code) => kept.countries[code]);
  if (countries.length === 0) return null;
  const oldest = countries.map((code) => kept.countries[code]!.at).sort()[0]!;
  const count = countries.reduce((sum, code) => sum + kept.countries[code]!.advisories.length, 0);
  return (
    <section class="kept" aria-labelledby="kept">
      <h2 id="kept">{t('offline.heading')}</h2>
      <p>{t('offline.about', { n: count, countries: list(countries.map(country)), when: minute(oldest) })}</p>
      {countries.map((code) => (
        <details key={code}>
          <summary>{t('offline.advisories', { country: country(code), n: kept.countries[code]!.advisories.length })}</summary>
          <KeptAdvisories advisories={kept.countries[code]!.advisories} issuers={issuers} />
        </details>
      ))}
      <p>
        <button type="button" class="plain" onClick={onForget}>
          {t('offline.forget')}
        </button>
      </p>
    </section>
  );
}

export function KeptAdvisories({ advisories, issuers }: { advisories: RevisionWords[]; issuers: Map<string, IssuerStatus> }) {
  return (
    <ul class="advisories">
      {[...advisories]
        .sort((a, b) => b.severity - a.severity)
        .map((one) => (
          <li key={one.revision}>
            <KeptAdvisory said={one} issuer={issuers.get(one.issuer)} />
          </li>
        ))}
    </ul>
  );
}

/** One advisory as its issuer published it, with where to read it at the issuer. */
export function KeptAdvisory({ said, issuer }: { said: RevisionWords; issuer?: IssuerStatus }) {
  const [[titled, title], [spoken, text]] = [pick(said.title), pick(said.text)];
  return (
    <>
      {said.level && <Swatch colour={said.level.colour} severity={said.severity} />}
      <div>
        <p class="title" lang={titled}>
          <a href={`/advisories/${said.advisory}?lang=${lang()}`}>{title}</a>
        </p>
        {said.level && (
          <p>
            <LevelName level={said.level} issuer={issuer} /> <span class="quiet">{tOf('severity', said.severity)}</span>
          </p>
        )}
        <p class="said" lang={spoken}>
          {text}
        </p>
        <p class="quiet">
          <Names issuer={issuer} code={said.issuer} />
          {said.valid_from && ` · ${t('answer.in_force')} ${both(said.valid_from)}`} ·{' '}
          <a class="source" rel="noopener noreferrer external" href={said.source_url}>
            {t('answer.source')}
          </a>
        </p>
      </div>
    </>
  );
}

/** Trips whose answers are kept, to be opened without a connection. */
export function KeptAnswers({ answers, onOpen }: { answers: KeptAnswer[]; onOpen: (answer: KeptAnswer) => void }) {
  if (answers.length === 0) return null;
  return (
    <section class="kept" aria-labelledby="kept-answers">
      <h2 id="kept-answers">{t('offline.answers')}</h2>
      <ul class="plainlist">
        {answers.map((one) => (
          <li key={one.at}>
            <button type="button" onClick={() => onOpen(one)}>
              {labelOf(one.trip)}
            </button>{' '}
            <span class="quiet">{minute(one.at)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
