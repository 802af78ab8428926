// What a tap does: to be told, no longer, to forget. Each act is one step after the other; what is done already is not done again, so
// that an act that failed in the middle is simply done once more.
import { startWorker } from '../offline/worker';
import { labelOf, planOf, request, type Trip } from '../trip';
import { lang } from '../words';
import { renew } from './renew';
import * as service from './service';
import { FIRST_WISHES, forgetWatcher, keepWatcher, recallWatcher, type Watcher, type Wishes } from './watcher';

/** The browser's side of being told. */
async function manager(): Promise<PushManager> {
  await startWorker();
  return (await navigator.serviceWorker.ready).pushManager;
}

/** Whoever is at this device says no. */
export class Denied extends Error {}

async function permit(): Promise<void> {
  if (Notification.permission !== 'granted' && (await Notification.requestPermission()) !== 'granted') throw new Denied();
}

/** The trip as the service watches it: as it will be, not as it was once known. */
function watched(trip: Trip): unknown {
  const { as_of: _, ...rest } = request(trip);
  return rest;
}

/** Watches a trip and subscribes this browser: first of all the browser asks. */
export async function beWarned(trip: Trip, wishes: Wishes = FIRST_WISHES): Promise<Watcher> {
  await permit();
  let watcher = await recallWatcher();
  if (!watcher) {
    const { id, token } = await service.register({ nationalities: trip.nationalities, purpose: trip.purpose, lang: lang() });
    watcher = await keepWatcher({ traveller: id, token, wishes, lang: lang(), trips: [] });
  }
  if (!watcher.trips.some((one) => one.plan === planOf(trip))) watcher = await watchTrip(watcher, trip);
  return watcher.subscription ? watcher : renew(await manager(), { ...watcher, wishes });
}

/** Watches one more trip, or another in the place of one. */
export async function watchTrip(watcher: Watcher, trip: Trip, instead?: string): Promise<Watcher> {
  const saved = instead ? await service.replaceTrip(watcher, instead, watched(trip)) : await service.saveTrip(watcher, watched(trip));
  const one = { id: saved.id, label: labelOf(trip), plan: planOf(trip) };
  const known = watcher.trips.some(({ id }) => id === one.id);
  return keepWatcher({ ...watcher, trips: known ? watcher.trips.map((old) => (old.id === one.id ? one : old)) : [...watcher.trips, one] });
}

/** Watches a trip no more. */
export async function leaveTrip(watcher: Watcher, id: string): Promise<Watcher> {
  await gone(service.forgetTrip(watcher, id));
  return keepWatcher({ ...watcher, trips: watcher.trips.filter((one) => one.id !== id) });
}

/** Tells of what from now on. */
export async function wish(watcher: Watcher, wishes: Wishes): Promise<Watcher> {
  if (watcher.subscription) await service.wishSubscription(watcher, watcher.subscription, wishes);
  return keepWatcher({ ...watcher, wishes });
}

/** Subscribes again what had been ended. */
export async function warnAgain(watcher: Watcher): Promise<Watcher> {
  await permit();
  return renew(await manager(), watcher);
}

/** Ends the subscription at the browser and at the service; the trips stay. */
export async function endWarnings(watcher: Watcher): Promise<Watcher> {
  await (await (await manager()).getSubscription())?.unsubscribe();
  if (watcher.subscription) await gone(service.endSubscription(watcher, watcher.subscription));
  return keepWatcher({ ...watcher, subscription: undefined, vapidKey: undefined });
}

/** Leaves nothing at the service, at the browser's push service, or here. */
export async function eraseAll(watcher: Watcher): Promise<void> {
  await gone(service.erase(watcher));
  await (await (await manager()).getSubscription())?.unsubscribe();
  await forgetWatcher();
}

/** What is watched, as the service has it; trips that are over are taken off the list. */
export async function review(watcher: Watcher): Promise<{ watcher: Watcher; trips: service.TripAnswer[] }> {
  const trips = await service.listTrips(watcher);
  const kept = watcher.trips.filter(({ id }) => trips.some((trip) => trip.id === id));
  return { watcher: kept.length === watcher.trips.length ? watcher : await keepWatcher({ ...watcher, trips: kept }), trips };
}

/** At each start, and when the language changes: the subscription is renewed where the browser still allows it. */
export async function startAgain(): Promise<Watcher | undefined> {
  const watcher = await recallWatcher();
  if (!watcher?.subscription || Notification.permission !== 'granted') return watcher;
  return renew(await manager(), { ...watcher, lang: lang() });
}

/** What is not there any more need not be ended. */
async function gone(act: Promise<void>): Promise<void> {
  await act.catch((error: unknown) => {
    if (!(error instanceof service.Refused && (error.status === 404 || error.status === 401))) throw error;
  });
}
