// Who is told on this device, and of what: kept here alone. The token opens what the service keeps of this traveller, and nothing else.
import { forgetDocument, keepDocument, recallDocument } from '../device';

/** Of what somebody wants to be told. */
export interface Wishes {
  /** From which severity on. */
  minSeverity: number;
  /** Of whose advisories; none: of all that the trip listens to. */
  issuers: string[];
  /** Also before it takes effect. */
  upcoming: boolean;
}

/** A trip that the service watches, as its owner knows it: the service has no name for it. */
export interface WatchedTrip {
  id: string;
  label: string;
  /** The plan as it was saved, to know it again. */
  plan: string;
}

export interface Watcher {
  traveller: string;
  token: string;
  subscription?: string;
  /** The service's key that the browser subscribed with. */
  vapidKey?: string;
  wishes: Wishes;
  lang: string;
  trips: WatchedTrip[];
}

const NAME = 'watcher';
export const FIRST_WISHES: Wishes = { minSeverity: 3, issuers: [], upcoming: true };

export const recallWatcher = (): Promise<Watcher | undefined> => recallDocument<Watcher>(NAME);

export async function keepWatcher(watcher: Watcher): Promise<Watcher> {
  await keepDocument(NAME, watcher);
  return watcher;
}

export const forgetWatcher = (): Promise<unknown> => forgetDocument(NAME);
