// The bundles on this device: fetched by country, verified, kept, compared with the service each time it can be reached.
import { Failure } from '../api/client';
import { open, verified, type Bundle } from './bundle';

const STORE = 'cordon-bundles';
const COMPARED = 'cordon-compared-at';
const KEY = '/v1/evidence/key';

/** A bundle with when it was last the service's own. */
export interface Fetched {
  country: string;
  bundle: Bundle;
  /** Milliseconds. */
  comparedAt: number;
  /** Whether the service could not be asked now. */
  offline: boolean;
}

const ready = new Map<string, Fetched>();
const path = (country: string): string => `/v1/bundles/${country}`;
/** Fetched from one visit to the next where the browser lets pages keep anything. */
const store = async (): Promise<Cache | undefined> => ('caches' in globalThis ? caches.open(STORE).catch(() => undefined) : undefined);

/** Whether the bundle may lack what was said since. */
export const isOutdated = ({ bundle, comparedAt }: Fetched): boolean => Date.now() - comparedAt > bundle.statement.stale_after_s * 1000;

/** The bundle of a country: the service's own if it can be asked, else the one kept. */
export async function fetchBundle(country: string): Promise<Fetched> {
  const kept = await store();
  const before = await kept?.match(path(country));
  const tag = before?.headers.get('etag');
  let response: Response;
  try {
    response = await fetch(path(country), { cache: 'no-store', credentials: 'omit', headers: tag ? { 'if-none-match': tag } : {} });
  } catch {
    const known = ready.get(country) ?? (before && (await take(country, before, await kept!.match(KEY))));
    if (!known) throw new Failure('network');
    return { ...known, offline: true };
  }
  if (response.status === 304 && before) {
    const same = await take(country, before, await kept!.match(KEY));
    return remember(kept, { ...same, comparedAt: Date.now(), offline: false }, before);
  }
  if (!response.ok) throw new Failure(response.status === 404 ? 'unknown_country' : 'busy');
  const key = await fetch(KEY, { cache: 'no-store', credentials: 'omit' }).catch(() => {
    throw new Failure('network');
  });
  const fresh = await take(country, response.clone(), key.clone());
  await kept?.put(KEY, key);
  return remember(kept, fresh, response);
}

async function take(country: string, document: Response, key: Response | undefined): Promise<Fetched> {
  const comparedAt = Number(document.headers.get(COMPARED) ?? Date.now());
  const known = ready.get(country);
  if (known && document.headers.has(COMPARED) && known.comparedAt === comparedAt) return known;
  try {
    const { pem } = (await key!.json()) as { pem: string };
    const statement = await verified(new Uint8Array(await document.arrayBuffer()), pem);
    return { country, bundle: open(statement), comparedAt, offline: false };
  } catch {
    throw new Failure('unsigned');
  }
}

async function remember(kept: Cache | undefined, one: Fetched, document: Response): Promise<Fetched> {
  ready.set(one.country, one);
  const headers = { etag: document.headers.get('etag') ?? '', [COMPARED]: String(one.comparedAt), 'content-type': 'application/json' };
  await kept?.put(path(one.country), new Response(await document.arrayBuffer(), { headers })).catch(() => {});
  return one;
}

/** The countries whose bundles are on this device. */
export async function keptCountries(): Promise<{ country: string; comparedAt: number }[]> {
  const kept = await store();
  const found = new Map([...ready.values()].map(({ country, comparedAt }) => [country, { country, comparedAt }]));
  for (const request of (await kept?.keys()) ?? []) {
    const country = /\/v1\/bundles\/([A-Z]{2})$/.exec(new URL(request.url).pathname)?.[1];
    const document = country && !found.has(country) ? await kept!.match(request) : undefined;
    if (country && document) found.set(country, { country, comparedAt: Number(document.headers.get(COMPARED)) });
  }
  return [...found.values()].sort((a, b) => a.country.localeCompare(b.country));
}

/** Lets go of all bundles. */
export async function forgetBundles(): Promise<void> {
  ready.clear();
  if ('caches' in globalThis) await caches.delete(STORE);
}
