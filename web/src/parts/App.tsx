// The whole page: the plan, the answer, the map.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Failure, listIssuers, type Finding, type FoundWays, type IssuerStatus } from '../api/client';
import { issuerNames } from '../answer';
import { forgetKept, keep as keepOffline, keptAnswer, recallKept, type Kept, type KeptAnswer } from '../offline/keep';
import { DataFrom, KeptAnswers, KeptSection, News } from '../offline/Offline';
import { device, isPrivate, PrivateSwitch } from '../private/PrivateSwitch';
import { changedSince, countriesNear, inquire, inquireHere, type Question, type Result } from '../question';
import { asOfInstant, carriedTrip, keep, link, newTrip, recall, type Trip } from '../trip';
import { viewOf } from '../view';
import { WatchSection } from '../watch/WatchSection';
import { lang, letters, speak, t, type Lang } from '../words';
import { Answer } from './Answer';
import { DocumentField } from './DocumentField';
import { FailureView } from './FailureView';
import { Help } from './Help';
import { MapSection, type MapTask } from './MapSection';
import { Patterns } from './Swatch';
import { Top } from './Top';
import { TripForm } from './TripForm';

const carried = carriedTrip();
const begun = typeof carried === 'object' ? carried : recall();
/** Of more issuers than this the numbers would hide the answer; a nationality narrows them down. */
const MOST_HELPERS = 3;
const NONE: Finding[] = [];
const NO_WAYS: FoundWays[] = [];
const NOBODY: string[] = [];

export function App() {
  const [, setSpoken] = useState<Lang>(lang());
  const [trip, setTrip] = useState<Trip>(begun);
  const [result, setResult] = useState<Result | undefined>();
  const [failed, setFailed] = useState<{ question: Question; failure: Failure } | undefined>();
  const [checking, setChecking] = useState(false);
  const [issuers, setIssuers] = useState<Map<string, IssuerStatus>>(new Map());
  const [task, setTask] = useState<MapTask | undefined>();
  const [notice, setNotice] = useState(carried === 'damaged' ? t('trip.link_damaged') : '');
  const [onDevice, setOnDevice] = useState(isPrivate);
  const [kept, setKept] = useState<Kept>({ answers: [], countries: {} });
  const asked = useRef(0);

  const change = (next: Trip) => {
    setTrip(next);
    keep(next);
  };

  const ask = async (question: Question) => {
    const turn = ++asked.current;
    setChecking(true);
    setFailed(undefined);
    try {
      const { known, ...found } = await (onDevice ? inquireHere(question) : inquire(question));
      // an answer that was overtaken by a newer question is of no use
      if (turn !== asked.current) return;
      setIssuers(issuerNames(known));
      // which letters are fetched follows from what is said: on the device the system's own will do
      if (!onDevice && known.some((issuer) => issuer.languages.includes('ko'))) letters('ko');
      setResult({ question, ...found });
      // an answer about an earlier day helps nobody who has no network
      if (!onDevice && question.kind === 'trip' && 'answer' in found && !asOfInstant(question.trip)) void keepOffline(question.trip, found.answer, known).then(setKept).catch(() => undefined);
    } catch (error) {
      if (turn !== asked.current) return;
      const failure = error instanceof Failure ? error : new Failure('network');
      const held = failure.kind === 'network' && question.kind === 'trip' ? await keptAnswer(question.trip) : undefined;
      if (held) showKept(held);
      else setFailed({ question, failure });
    } finally {
      if (turn === asked.current) setChecking(false);
    }
  };

  const showKept = ({ trip: of, answer, issuers: known, at }: KeptAnswer) => {
    setFailed(undefined);
    setIssuers(issuerNames(known));
    if (known.some((issuer) => issuer.languages.includes('ko'))) letters('ko');
    setResult({ question: { kind: 'trip', trip: of }, answer, keptAt: at });
  };

  useEffect(() => {
    void greet();
  }, []);

  /** Whoever opens the page without a network sees at once what was last known about their trip, else which answers are kept. */
  const greet = async () => {
    const known = await recallKept();
    setKept(known);
    if (carried === begun) return ask({ kind: 'trip', trip });
    if (known.answers.length === 0) return;
    try {
      await listIssuers();
    } catch (error) {
      if (asked.current > 0 || !(error instanceof Failure && error.kind === 'network')) return;
      const held = await keptAnswer(trip);
      if (held) showKept(held);
      else setFailed({ question: { kind: 'trip', trip }, failure: error });
    }
  };

  // a link that is opened where the page stands already changes the address alone
  useEffect(() => {
    const arrived = () => {
      const next = carriedTrip();
      if (next === 'damaged') return setNotice(t('trip.link_damaged'));
      if (!next) return;
      setNotice('');
      setTask(undefined);
      setTrip(next);
      void ask({ kind: 'trip', trip: next });
    };
    addEventListener('hashchange', arrived);
    return () => removeEventListener('hashchange', arrived);
  });

  useEffect(() => {
    if (!result?.keptAt) return;
    const back = () => void ask(result.question);
    addEventListener('online', back);
    return () => removeEventListener('online', back);
  }, [result]);

  const choose = async (next: Lang) => {
    await speak(next);
    localStorage.setItem('cordon.lang', next);
    setSpoken(next);
    if (result) void ask(result.question);
  };

  const here = () => {
    // it may take long, out of doors
    setNotice(t('trip.here_looking'));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setNotice('');
        void ask({ kind: 'here', lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.min(coords.accuracy, 100_000), trip });
      },
      () => setNotice(t('trip.here_denied')),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
    );
  };

  const forget = async () => {
    await forgetKept();
    await device().then(({ forgetBundles }) => forgetBundles());
    setKept({ answers: [], countries: {} });
  };

  const share = async () => {
    const address = link(trip);
    try {
      await navigator.clipboard.writeText(address);
      setNotice(t('trip.shared'));
    } catch {
      setNotice(`${t('trip.share_manual')} ${address}`);
    }
  };

  // made once for each answer: a new one takes the focus
  const view = useMemo(() => result && viewOf(result), [result, lang()]);
  const changed = result !== undefined && !checking && changedSince(result.question, trip);
  return (
    <>
      <Patterns />
      <a class="skip" href="#content">
        {t('page.skip')}
      </a>
      <News />
      <Top checks onLanguage={(next) => void choose(next)} />
      <main id="content" class="page">
        <div class="plan">
          <h1>{t('page.heading')}</h1>
          <p class="lead">{t('page.lead')}</p>
          <TripForm trip={trip} checking={checking} onChange={change} onCheck={() => void ask({ kind: 'trip', trip })} onDraw={(leg) => setTask({ kind: 'draw', leg })} />
          <div class="more">
            <PrivateSwitch
              on={onDevice}
              trip={trip}
              turn={result}
              onSwitch={(on) => {
                setOnDevice(on);
                // what was answered in the other way does not stand beside the switch
                asked.current++;
                setChecking(false);
                setResult(undefined);
                setFailed(undefined);
              }}
            />
            {'geolocation' in navigator && (
              <p class="said-beside">
                <button type="button" onClick={here} aria-describedby="here-about">
                  {t('trip.here')}
                </button>{' '}
                <span class="quiet" id="here-about">
                  {t(onDevice ? 'private.here_about' : 'trip.here_about')}
                </span>
              </p>
            )}
            {onDevice ? (
              <p class="quiet">{t('private.document')}</p>
            ) : (
              <DocumentField onDocument={(body, mediaType, name) => void ask({ kind: 'document', body, mediaType, name, trip })} />
            )}
            <p class="row">
              <button type="button" class="plain" onClick={() => void share()}>
                {t('trip.share')}
              </button>
              <button
                type="button"
                class="plain"
                onClick={() => {
                  change(newTrip());
                  setResult(undefined);
                  setFailed(undefined);
                  setTask(undefined);
                }}
              >
                {t('trip.clear')}
              </button>
            </p>
            <p role="status" class="status">
              {notice}
            </p>
          </div>
        </div>
        <div class="result">
          <p role="status" class="unseen">
            {checking ? t('trip.checking') : ''}
          </p>
          {failed && <FailureView {...failed} onRetry={() => void ask({ ...failed.question, trip })} />}
          {failed?.failure.kind === 'network' && <KeptAnswers answers={kept.answers} onOpen={(held) => (change(held.trip), showKept(held))} />}
          {result?.keptAt && (
            <DataFrom at={result.keptAt}>
              <button type="button" onClick={() => void ask(result.question)}>
                {t('failure.retry')}
              </button>
            </DataFrom>
          )}
          <div role="status" class={changed ? 'changed' : undefined}>
            {changed && (
              <>
                <p>{t('answer.changed')}</p>
                <button type="button" onClick={() => void ask({ ...result.question, trip })}>
                  {t(result.question.kind === 'trip' ? 'trip.check' : 'failure.retry')}
                </button>
              </>
            )}
          </div>
          {result && view && (
            <Answer view={view} issuers={issuers} own={!!result?.bundles}>
              {view.lines.length <= MOST_HELPERS && ['caution', 'avoid', 'prohibited', 'indeterminate'].includes(view.verdict) && (
                <Help issuers={view.lines.map((line) => line.issuer)} countries={countriesNear(result)} known={result.bundles?.flatMap((one) => one.bundle.statement.missions)} />
              )}
            </Answer>
          )}
          <WatchSection
            trip={result?.question.kind === 'trip' ? result.question.trip : undefined}
            consulted={view?.lines.map((line) => line.issuer) ?? NOBODY}
            issuers={issuers}
            onErased={() => void forget()}
          />
          {result?.question.kind === 'trip' && <KeptSection kept={kept} trip={result.question.trip} issuers={issuers} onForget={() => void forget()} />}
          <MapSection
            trip={trip}
            // whose advisories the map asks for must not follow from an answer given on the device
            findings={result && 'answer' in result && !result.bundles ? result.answer.findings : NONE}
            onDevice={onDevice}
            ways={(result && 'answer' in result && result.answer.ways) || NO_WAYS}
            nationalities={trip.nationalities}
            task={task}
            onTask={setTask}
            onChange={change}
          />
        </div>
      </main>
      <footer class="foot">
        <p>{t('page.not_a_voice')}</p>
      </footer>
    </>
  );
}
