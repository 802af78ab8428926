// Sees to it that the browser's subscription and the service's are the same one: at each start of the page, and when the browser says
// that it changed. The service's key may be another one by now, the browser may have dropped the subscription, the service may have
// lost it: whatever happened, whoever wants to be told goes on being told, and hears the all-clear of what they were told before.
import { channelOf, moveSubscription, pushKey, Refused, subscribe } from './service';
import { keepWatcher, type Watcher } from './watcher';

export function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

const same = (held: ArrayBuffer | null | undefined, key: Uint8Array): boolean => {
  const one = new Uint8Array(held ?? new ArrayBuffer(0));
  return one.length === key.length && one.every((byte, i) => byte === key[i]);
};

/** The browser's subscription for this key. One made with another key is ended first: `subscribe()` refuses to change it. */
export async function subscribeBrowser(manager: PushManager, key: string): Promise<PushSubscription> {
  const applicationServerKey = bytes(key);
  const held = await manager.getSubscription();
  if (held && same(held.options.applicationServerKey, applicationServerKey)) return held;
  await held?.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

/** Subscribes the browser and points the service's subscription at it. */
export async function renew(manager: PushManager, watcher: Watcher): Promise<Watcher> {
  const key = await pushKey();
  const channel = channelOf(await subscribeBrowser(manager, key), key);
  return keepWatcher({ ...watcher, subscription: await point(watcher, channel), vapidKey: key });
}

/** The one that there is, moved; a new one where the service has it no more. */
async function point(watcher: Watcher, channel: ReturnType<typeof channelOf>): Promise<string> {
  if (watcher.subscription) {
    try {
      return (await moveSubscription(watcher, watcher.subscription, channel, watcher.lang)).id;
    } catch (error) {
      // 404: it was gone; 409: another one of this traveller already goes there, and is renewed by subscribing
      if (!(error instanceof Refused && (error.status === 404 || error.status === 409))) throw error;
    }
  }
  return (await subscribe(watcher, channel, watcher.wishes, watcher.lang)).id;
}
