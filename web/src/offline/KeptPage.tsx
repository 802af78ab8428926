// Stands in for `/advisories` and `/advisories/{id}` when the service cannot be reached: what this device kept of them.
import { useEffect, useState } from 'preact/hooks';
import { issuerNames } from '../answer';
import { country } from '../format';
import { Missions } from '../parts/Help';
import { Patterns } from '../parts/Swatch';
import { Top } from '../parts/Top';
import { lang, speak, t, type Lang } from '../words';
import { recallKept, type Kept } from './keep';
import { DataFrom, KeptAdvisories, KeptAdvisory } from './Offline';

const again = () => location.reload();

export function KeptPage() {
  const [kept, setKept] = useState<Kept | undefined>();
  const [, setSpoken] = useState<Lang>(lang());
  useEffect(() => {
    void recallKept().then(setKept);
    addEventListener('online', again);
    return () => removeEventListener('online', again);
  }, []);
  if (!kept) return null;
  const wanted = decodeURIComponent(location.pathname.split('/')[2] ?? '');
  const countries = Object.entries(kept.countries);
  const issuers = issuerNames(kept.answers[0]?.issuers ?? []);
  const found = countries.flatMap(([, one]) => one.advisories.filter((said) => said.advisory === wanted).map((said) => ({ said, at: one.at })))[0];
  return (
    <>
      <Patterns />
      <a class="skip" href="#content">
        {t('page.skip')}
      </a>
      <Top onLanguage={(next) => void speak(next).then(() => setSpoken(next))} />
      <main id="content" class="sheet">
        <h1>{t('offline.page')}</h1>
        {found ? (
          <>
            <DataFrom at={found.at}>
              <Again />
            </DataFrom>
            <article class="one">
              <KeptAdvisory said={found.said} issuer={issuers.get(found.said.issuer)} />
            </article>
          </>
        ) : (
          <>
            <p>{t(wanted ? 'offline.not_kept' : countries.length ? 'offline.list' : 'offline.nothing')}</p>
            <Again />
          </>
        )}
        {countries.map(([code, one]) => (
          <details key={code} open={!wanted}>
            <summary>{t('offline.advisories', { country: country(code), n: one.advisories.length })}</summary>
            <DataFrom at={one.at} />
            <KeptAdvisories advisories={one.advisories} issuers={issuers} />
            <Missions missions={one.missions} />
          </details>
        ))}
      </main>
    </>
  );
}

function Again() {
  return (
    <p>
      <button type="button" onClick={again}>
        {t('failure.retry')}
      </button>
    </p>
  );
}
