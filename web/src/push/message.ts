// A pushed message as it is shown. Safari shows the declarative document (`web_push: 8030`) by itself; here the others show the same.

export interface Shown {
  title: string;
  options: NotificationOptions & { renotify?: boolean };
  /** The tag of what was announced, and has come now or will not come. */
  announced: string;
  /** Whether it says that it is over. */
  over: boolean;
}

/** What is remembered of a notification: where a tap leads, and what a later message is compared with. */
export interface Carried {
  navigate: string;
  id: string;
  revision: number;
}

interface Pushed {
  web_push?: unknown;
  notification?: { title?: unknown; body?: unknown; navigate?: unknown; lang?: unknown; tag?: unknown };
  id?: unknown;
  revision?: unknown;
  severity?: unknown;
  transition?: unknown;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The document as a notification; none where it is no such document. `origin` is where the page is: a tap never leads elsewhere. */
export function shown(document: string, origin: string): Shown | undefined {
  let pushed: Pushed | null;
  try {
    pushed = JSON.parse(document) as Pushed | null;
  } catch {
    return undefined;
  }
  const said = pushed?.web_push === 8030 ? pushed.notification : undefined;
  if (!said || !text(said.title)) return undefined;
  const revision = typeof pushed!.revision === 'number' ? pushed!.revision : 0;
  const severity = typeof pushed!.severity === 'number' ? pushed!.severity : 0;
  const data: Carried = { navigate: target(text(said.navigate), text(said.lang), origin), id: text(pushed!.id), revision };
  const [tag, transition] = [text(said.tag), text(pushed!.transition)];
  return {
    // what is to come stands beside what holds until then, under a tag of its own
    announced: transition === 'upcoming' || transition === 'cancelled' || !tag.includes('#') ? '' : tag.replace('#', '+#'),
    over: transition === 'exited',
    title: text(said.title),
    options: {
      body: text(said.body),
      lang: text(said.lang),
      tag,
      // an update makes itself heard; without a tag there is nothing to update
      renotify: tag !== '',
      // what may be a matter of life stays until it is read
      requireInteraction: severity >= 4,
      icon: '/icon-192.png',
      badge: '/badge-96.png',
      data,
    },
  };
}

/** Where a tap leads, on this very site and in the message's language. */
function target(navigate: string, lang: string, origin: string): string {
  const home = new URL('/', origin);
  try {
    const url = new URL(navigate, home);
    if (url.origin !== home.origin) return home.href;
    const primary = lang.split('-')[0] ?? '';
    if (['en', 'ko', 'km'].includes(primary)) url.searchParams.set('lang', primary);
    return url.href;
  } catch {
    return home.href;
  }
}

/** Whether a message is older than what was shown under its tag, or is that very one again. */
export const overtaken = (message: Carried, before: Carried | undefined): boolean =>
  before !== undefined && (message.revision < before.revision || (message.id !== '' && message.id === before.id));
