// The whole page: the plan, the answer, the map.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { checkDocument, checkItinerary, checkLocation, Failure, listIssuers, type Finding, type FoundWays, type IssuerStatus, type ItineraryAnswer, type LocationAnswer } from '../api/client';
import { hereSentence, issuerNames, parts, sentence, who } from '../answer';
import { forgetKept, keep as keepOffline, keptAnswer, recallKept, type Kept, type KeptAnswer } from '../offline/keep';
import { DataFrom, KeptAnswers, KeptSection, News } from '../offline/Offline';
import { country, list, minute } from '../format';
import type { Fetched } from '../private/kept';
import { device, isPrivate, PrivateSwitch } from '../private/PrivateSwitch';
import { asOfInstant, countriesOf, keep, link, newTrip, recall, request, type Trip } from '../trip';
import { WatchSection } from '../watch/WatchSection';
import { lang, letters, speak, t, type Lang } from '../words';
import { Answer, type AnswerView } from './Answer';
import { DocumentField } from './DocumentField';
import { Help } from './Help';
import { MapSection, type MapTask } from './MapSection';
import { Patterns } from './Swatch';
import { Top } from './Top';
import { TripForm } from './TripForm';

/** What was asked last: it is asked again when the language changes. */
type Question = { kind: 'trip'; trip: Trip } | { kind: 'document'; body: string | Blob; mediaType: string; name: string; trip: Trip } | { kind: 'here'; lat: number; lon: number; accuracy_m: number; trip: Trip };
/** `keptAt`: it is what this device kept, from then. `bundles`: it was given on this device, from these. */
type Result = { question: Question; keptAt?: string; bundles?: Fetched[] } & ({ answer: ItineraryAnswer } | { here: LocationAnswer });

const begun = recall();
/** Of more issuers than this the numbers would hide the answer; a nationality narrows them down. */
const MOST_HELPERS = 3;
const NONE: Finding[] = [];
const NO_WAYS: FoundWays[] = [];
const NOBODY: string[] = [];

export function App() {
  const [, setSpoken] = useState<Lang>(lang());
  const [trip, setTrip] = useState<Trip>(begun.trip);
  const [result, setResult] = useState<Result | undefined>();
  const [failure, setFailure] = useState<Failure | undefined>();
  const [checking, setChecking] = useState(false);
  const [issuers, setIssuers] = useState<Map<string, IssuerStatus>>(new Map());
  const [task, setTask] = useState<MapTask | undefined>();
  const [notice, setNotice] = useState('');
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
    setFailure(undefined);
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
      const failed = error instanceof Failure ? error : new Failure('network');
      const held = failed.kind === 'network' && question.kind === 'trip' ? await keptAnswer(question.trip) : undefined;
      if (held) showKept(held);
      else setFailure(failed);
    } finally {
      if (turn === asked.current) setChecking(false);
    }
  };

  const showKept = ({ trip: of, answer, issuers: known, at }: KeptAnswer) => {
    setFailure(undefined);
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
    if (begun.linked) return ask({ kind: 'trip', trip });
    if (known.answers.length === 0) return;
    try {
      await listIssuers();
    } catch (error) {
      if (asked.current > 0 || !(error instanceof Failure && error.kind === 'network')) return;
      const held = await keptAnswer(trip);
      if (held) showKept(held);
      else setFailure(error);
    }
  };

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
    setNotice('');
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => void ask({ kind: 'here', lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.min(coords.accuracy, 100_000), trip }),
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
                setFailure(undefined);
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
                  setFailure(undefined);
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
          {failure && <FailureView failure={failure} onRetry={() => void ask(result?.question ?? { kind: 'trip', trip })} />}
          {failure?.kind === 'network' && <KeptAnswers answers={kept.answers} onOpen={(held) => (change(held.trip), showKept(held))} />}
          {result?.keptAt && (
            <DataFrom at={result.keptAt}>
              <button type="button" onClick={() => void ask(result.question)}>
                {t('failure.retry')}
              </button>
            </DataFrom>
          )}
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

type Found = { known: IssuerStatus[]; bundles?: Fetched[] } & ({ answer: ItineraryAnswer } | { here: LocationAnswer });

async function inquire(question: Question): Promise<Found> {
  const issuers = listIssuers();
  const found = await (async () => {
    if (question.kind === 'trip') return { answer: await checkItinerary(request(question.trip)) };
    if (question.kind === 'document') return { answer: await documentAnswer(question) };
    const { lat, lon, accuracy_m, trip } = question;
    const traveller = { nationalities: trip.nationalities, purpose: trip.purpose, permits: [] };
    return { here: await checkLocation({ position: { lat, lon, accuracy_m }, traveller, as_of: asOfInstant(trip), lang: lang() }) };
  })();
  return { known: (await issuers).issuers, ...found };
}

/** The same without asking anybody where: a document is never among what is asked so. */
async function inquireHere(question: Question): Promise<Found> {
  const { askHere, askTrip, issuersOf } = await device();
  const found = question.kind === 'here' ? await askHere(question, question.trip) : await askTrip(question.trip);
  return { known: issuersOf(found.bundles), ...found };
}

function countriesNear(result: Result): string[] {
  // where two countries are near would tell more than which one it is
  if (result.bundles) return result.bundles.map((one) => one.country);
  if ('here' in result) return result.here.countries;
  return result.question.kind === 'trip' ? countriesOf(result.question.trip) : [];
}

function documentAnswer({ body, mediaType, trip }: Question & { kind: 'document' }): Promise<ItineraryAnswer> {
  return checkDocument(body, mediaType, { lang: lang(), as_of: asOfInstant(trip), nationality: trip.nationalities.join() });
}

function viewOf(result: Result): AnswerView {
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
    complete: answer.complete,
    asOf: answer.as_of,
    lines: answer.party.length === 1 ? answer.party[0]!.issuers : worstLines(answer),
    parts: all,
    note: question.kind === 'document' ? t('trip.document_answer', { name: question.name }) : bundleNote(result),
  };
}

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

function FailureView({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  const said = { network: 'failure.network', busy: 'failure.busy', refused: 'failure.refused', unsigned: 'failure.unsigned', unknown_country: 'failure.unknown_country', beyond: 'failure.beyond' } as const;
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{t(said[failure.kind])}</strong>
      </p>
      {failure.problem && (
        <ul lang="en">
          {(failure.problem.errors?.length ? failure.problem.errors : [{ pointer: '', detail: failure.problem.detail }]).map((issue) => (
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
