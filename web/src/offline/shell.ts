// The worker's part in being offline: the page as it was built, all of one version. Answers of the service are never kept here; the page
// itself keeps those of them that help without a network, with their date (`keep.ts`).
import { SERVE_ME, TAKE_OVER } from './takeover';

declare const self: ServiceWorkerGlobalScope;
/** What the page needs before the map, and a name that changes with it (`vite.config.ts`). */
declare const __SHELL__: string[];
declare const __VERSION__: string;

const MINE = 'page-';
const CACHE = `${MINE}${__VERSION__}`;

export function serveShell(): void {
  // no skipWaiting: a page that is being read is not changed under its reader
  self.addEventListener('install', (event) => event.waitUntil(fill()));
  self.addEventListener('activate', (event) => event.waitUntil(tidy()));
  self.addEventListener('message', (event) => {
    if (event.data === TAKE_OVER) event.waitUntil(self.skipWaiting());
    if (event.data === SERVE_ME) event.waitUntil(self.clients.claim());
  });
  self.addEventListener('fetch', (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
    if (event.request.mode === 'navigate') {
      if (url.pathname === '/') event.respondWith(page(event.request));
      // an advisory is read at the service while it can be reached; without it the page shows what it kept
      else if (/^\/advisories(\/|$)/.test(url.pathname)) event.respondWith(fetch(event.request).catch(() => page(event.request)));
    } else if (ofThePage(url.pathname)) event.respondWith(file(event.request));
  });
}

const ofThePage = (path: string): boolean => path.startsWith('/assets/') || /^\/(fonts-\w+\.css|icon[\w-]*\.(svg|png)|badge-96\.png|manifest\.webmanifest)$/.test(path);

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  // asked for anew: the browser's own cache may hold another version's
  await cache.addAll(__SHELL__.map((path) => new Request(path, { cache: path.startsWith('/assets/') ? 'default' : 'no-cache' })));
}

async function tidy(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(MINE) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  // the first visit is served too
  await self.clients.claim();
}

async function page(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match('/')) ?? fetch(request);
}

/** Files of one version stay together; what was not fetched ahead (letters, the map) is kept once it was used. */
async function file(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const held = await cache.match(request, { ignoreVary: true });
  if (held) return held;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone()).catch(() => undefined);
  return response;
}
