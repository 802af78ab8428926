// The page's side of its worker: registers it, and tells when a newer version of the page waits.
import { SERVE_ME, TAKE_OVER } from './takeover';

type Listener = () => void;
let waiting: ServiceWorker | undefined;
let taken = false;
let agreed = false;
const listeners = new Set<Listener>();
const tell = () => listeners.forEach((listener) => listener());

/** `waits`: a newer version can be taken; `taken`: it was, by another window, and this one still shows the old. */
export const news = (): 'waits' | 'taken' | undefined => (taken ? 'taken' : waiting ? 'waits' : undefined);

export function onNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes the newer version, which loads the page again; only ever asked for by whoever reads it. */
export function takeNews(): void {
  if (taken || !waiting) return location.reload();
  agreed = true;
  waiting.postMessage(TAKE_OVER);
}

let started: Promise<ServiceWorkerRegistration | undefined> | undefined;

/** Where workers are allowed, and the page was built with one. */
export const startWorker = (): Promise<ServiceWorkerRegistration | undefined> => (started ??= start());

async function start(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return undefined;
  const before = navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // the very first worker changes nothing for the page that brought it
    if (!before) return;
    if (agreed) return location.reload();
    taken = true;
    tell();
  });
  void navigator.serviceWorker.ready.then(({ active }) => {
    // a page that was still loading when the worker took its windows over was passed by
    if (!navigator.serviceWorker.controller) active?.postMessage(SERVE_ME);
  });
  return register(AGAIN_MS);
}

/** When a first worker that could not fetch all of its files is tried again: lines that break are what it is for. */
const AGAIN_MS = [2_000, 10_000, 60_000];

async function register([rest, ...later]: number[]): Promise<ServiceWorkerRegistration> {
  const registration = await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' });
  const look = () => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    waiting = registration.waiting;
    tell();
  };
  look();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
  const first = registration.active ? null : registration.installing;
  first?.addEventListener('statechange', () => {
    if (first.state === 'redundant' && rest) setTimeout(() => void register(later).catch(() => undefined), rest);
  });
  return registration;
}
