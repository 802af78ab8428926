// "Tell me if this changes": what it means, the tap, what is watched, and the way out again.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IssuerStatus } from '../api/client';
import { planOf, type Trip } from '../trip';
import { lang, t } from '../words';
import { ability, type Ability } from './ability';
import { beWarned, Denied, endWarnings, eraseAll, leaveTrip, review, startAgain, warnAgain, watchTrip, wish } from './acts';
import { Refused, trySubscription, exported, type TripAnswer } from './service';
import { FIRST_WISHES, forgetWatcher, recallWatcher, type Watcher, type Wishes } from './watcher';
import { WatchedTrips } from './WatchedTrips';
import { WishFields } from './WishFields';

interface Props {
  /** The trip that was answered for, if one was. */
  trip?: Trip;
  /** Who was consulted for it. */
  consulted: string[];
  issuers: Map<string, IssuerStatus>;
  /** Everything else that this device keeps goes too. */
  onErased: () => void;
}

const CANNOT: Record<Exclude<Ability, 'able'>, 'watch.ios' | 'watch.insecure' | 'watch.unsupported'> = { ios: 'watch.ios', insecure: 'watch.insecure', unsupported: 'watch.unsupported' };

/** The service knows nobody by this token. */
const isUnknown = (error: unknown): boolean => error instanceof Refused && error.status === 401;

export function WatchSection({ trip, consulted, issuers, onErased }: Props) {
  const [watcher, setWatcher] = useState<Watcher | undefined>();
  const [trips, setTrips] = useState<TripAnswer[]>([]);
  const [wishes, setWishes] = useState<Wishes>(FIRST_WISHES);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [wrong, setWrong] = useState<{ words: string; reason?: string } | undefined>();
  const [sure, setSure] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const can = ability();

  /** Takes up what an act left, and what the service says of it now. */
  const take = async (next: Watcher | undefined) => {
    setWatcher(next);
    if (!next) return setTrips([]);
    const seen = await review(next);
    setWatcher(seen.watcher);
    setTrips(seen.trips);
  };

  const fail = async (error: unknown) => {
    if (error instanceof Denied) return setWrong({ words: t('watch.denied') });
    if (isUnknown(error)) {
      // erased elsewhere, or kept for too long without a sign of life
      await forgetWatcher();
      setWatcher(undefined);
      return setWrong({ words: t('watch.lost') });
    }
    if (error instanceof Refused && error.status === 0) return setWrong({ words: t('watch.no_network') });
    setWrong({ words: t('watch.failed'), reason: error instanceof Error ? error.message : String(error) });
  };

  const act = async (what: () => Promise<Watcher | undefined>, done = '') => {
    if (busy) return;
    setBusy(true);
    setWrong(undefined);
    setSaid(t('watch.working'));
    try {
      await take(await what());
      setSaid(done);
    } catch (error) {
      setSaid('');
      await fail(error);
    } finally {
      setBusy(false);
      stay();
    }
  };

  /** Where the button that was pressed is gone, the keyboard goes on from the heading. */
  const stay = () =>
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
    });

  useEffect(() => {
    if (can !== 'able') return;
    // without a network what was known stays on the page, and is looked at again at the next start
    begin().catch((error: unknown) => (isUnknown(error) ? fail(error) : undefined));
  }, [lang()]);

  const begin = async () => {
    // how the trips stand first: it does not wait for the browser's push service, which may not be reached
    await take(await recallWatcher());
    setWatcher(await startAgain());
  };

  const blocked = watcher?.subscription !== undefined && Notification.permission !== 'granted';
  const on = watcher?.subscription !== undefined && !blocked;
  const known = trip && watcher?.trips.some((one) => one.plan === planOf(trip));
  const change = (next: Wishes) => (watcher ? void act(() => wish(watcher, next), t('watch.saved')) : setWishes(next));
  const takeAlong = async (of: Watcher) => {
    const text = JSON.stringify(await exported(of), null, 1);
    const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    Object.assign(document.createElement('a'), { href: address, download: 'cordon.json' }).click();
    URL.revokeObjectURL(address);
    return of;
  };
  const erased = async (of: Watcher) => {
    await eraseAll(of);
    onErased();
    setSure(false);
    return undefined;
  };

  return (
    <section class="watch" aria-labelledby="watch">
      <h2 id="watch" ref={heading} tabIndex={-1}>
        {t('watch.heading')}
      </h2>
      {!watcher && <p>{t('watch.about')}</p>}
      {can !== 'able' ? (
        <p class="notice">{t(CANNOT[can])}</p>
      ) : (
        <>
          {watcher && <p class="state">{t(on ? 'watch.on' : blocked ? 'watch.denied' : 'watch.off')}</p>}
          {!watcher && <p class="quiet">{t('watch.what')}</p>}
          {!watcher && !trip && <p>{t('watch.needs_trip')}</p>}
          {watcher && (
            <WatchedTrips
              watcher={watcher}
              trips={trips}
              replaceable={trip !== undefined && !known}
              busy={busy}
              onLeave={(id) => void act(() => leaveTrip(watcher, id), t('watch.saved'))}
              onReplace={(id) => void act(() => watchTrip(watcher, trip!, id), t('watch.saved'))}
            />
          )}
          {watcher && known && <p>{t('watch.this_watched')}</p>}
          {(watcher || trip) && <WishFields wishes={watcher?.wishes ?? wishes} consulted={consulted} issuers={issuers} onChange={change} />}
          <p class="row">
            {!watcher && trip && (
              <button type="button" class="first" aria-disabled={busy} aria-describedby="watch-asks" onClick={() => void act(() => beWarned(trip, wishes), t('watch.begun'))}>
                {t('watch.start')}
              </button>
            )}
            {watcher && !on && (
              <button type="button" class="first" aria-disabled={busy} aria-describedby="watch-asks" onClick={() => void act(() => warnAgain(watcher), t('watch.begun'))}>
                {t('watch.again')}
              </button>
            )}
            {watcher && trip && !known && (
              <button type="button" class={on ? 'first' : undefined} aria-disabled={busy} onClick={() => void act(() => watchTrip(watcher, trip), t('watch.saved'))}>
                {t('watch.add')}
              </button>
            )}
            {watcher && on && (
              <button type="button" aria-disabled={busy} onClick={() => void act(async () => (await trySubscription(watcher, watcher.subscription!), watcher), t('watch.tried'))}>
                {t('watch.try')}
              </button>
            )}
          </p>
          {((!watcher && trip) || (watcher && !on)) && Notification.permission === 'default' && (
            <p class="quiet" id="watch-asks">
              {t('watch.asks')}
            </p>
          )}
          <p role="status" class="status">
            {said}
          </p>
          {wrong && (
            <div role="alert" class="failure">
              <p>{wrong.words}</p>
              {wrong.reason && <p lang="en">{wrong.reason}</p>}
            </div>
          )}
          {watcher && !sure && (
            <p class="row">
              {on && (
                <button type="button" class="plain" aria-disabled={busy} onClick={() => void act(() => endWarnings(watcher), t('watch.ended'))}>
                  {t('watch.end')}
                </button>
              )}
              <button type="button" class="plain" aria-disabled={busy} onClick={() => void act(() => takeAlong(watcher))}>
                {t('watch.export')}
              </button>
              <button type="button" class="plain" onClick={() => setSure(true)}>
                {t('watch.erase')}
              </button>
            </p>
          )}
          {watcher && sure && <Sure busy={busy} onYes={() => void act(() => erased(watcher), t('watch.erased'))} onNo={() => (setSure(false), stay())} />}
        </>
      )}
    </section>
  );
}

/** Asks once more before everything is gone. */
function Sure({ busy, onYes, onNo }: { busy: boolean; onYes: () => void; onNo: () => void }) {
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => no.current?.focus(), []);
  return (
    <div class="notice" role="group" aria-labelledby="watch-sure">
      <p id="watch-sure">{t('watch.erase_sure')}</p>
      <p class="row">
        <button type="button" aria-disabled={busy} onClick={onYes}>
          {t('watch.erase_yes')}
        </button>
        <button type="button" ref={no} onClick={onNo}>
          {t('watch.erase_no')}
        </button>
      </p>
    </div>
  );
}
