// The worker's part in being told: shows what is pushed, opens what it is about, and renews the subscription when the browser drops it.
import { keepDocument, recallDocument } from '../device';
import { renew } from '../watch/renew';
import { recallWatcher } from '../watch/watcher';
import { overtaken, shown, type Carried } from './message';

declare const self: ServiceWorkerGlobalScope;

const LAST = 'pushed';
/** How many tags are remembered. */
const MOST = 200;
type Last = Record<string, Carried>;

export function beTold(): void {
  self.addEventListener('push', (event) => event.waitUntil(show(event.data?.text() ?? '')));
  self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(open((event.notification.data as Carried | undefined)?.navigate ?? '/'));
  });
  self.addEventListener('pushsubscriptionchange', (event) => (event as ExtendableEvent).waitUntil(again()));
}

/** One after the other: what is compared with must be what was shown last. */
let turn: Promise<unknown> = Promise.resolve();

function show(document: string): Promise<void> {
  const done = turn.then(() => showNow(document));
  turn = done.catch(() => undefined);
  return done;
}

async function showNow(document: string): Promise<void> {
  const message = shown(document, self.location.origin);
  // a push that shows nothing costs the subscription in some browsers, and hides that something went wrong
  if (!message) return self.registration.showNotification('Cordon', { icon: '/icon-192.png', badge: '/badge-96.png', data: { navigate: '/' } });
  const tag = message.options.tag ?? '';
  const data = message.options.data as Carried;
  if (tag) {
    const last = (await recallDocument<Last>(LAST)) ?? {};
    const [visible] = await self.registration.getNotifications({ tag });
    if (overtaken(data, (visible?.data as Carried | undefined) ?? last[tag])) return;
    const { [tag]: _, ...others } = last;
    // where nothing can be kept it is shown all the same
    await keepDocument(LAST, Object.fromEntries([...Object.entries(others).slice(1 - MOST), [tag, data]])).catch(() => undefined);
  }
  await self.registration.showNotification(message.title, message.options);
  if (!message.announced) return;
  // it has come, something newer stands for it, or all is over
  const announced = await self.registration.getNotifications({ tag: message.announced });
  announced.filter((one) => message.over || (one.data as Carried).revision <= data.revision).forEach((one) => one.close());
}

/** A window that shows it already comes to the front; a trip that is being typed is not driven away by it. */
async function open(address: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find((one) => new URL(one.url).pathname === new URL(address, self.location.origin).pathname);
  if (there) await there.focus();
  else await self.clients.openWindow(address);
}

async function again(): Promise<void> {
  const watcher = await recallWatcher();
  // not told on this device any more; else Firefox gives no new subscription with the event: it has to be made
  if (watcher?.subscription) await renew(self.registration.pushManager, watcher);
}
