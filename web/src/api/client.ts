// Asks the service. Every answer has the shape that its own description gives it; a failure is a problem in words.
import type { components } from './schema';

type Schemas = components['schemas'];
export type ItineraryAnswer = Schemas['ItineraryAnswer'];
export type LocationAnswer = Schemas['LocationAnswer'];
export type Finding = Schemas['Finding'];
export type LocationMatch = Schemas['LocationMatch'];
export type Mission = Schemas['Mission'];
export type FoundWays = Schemas['FoundWays'];
export type Gap = Schemas['Indeterminate'];
export type IssuerLine = Schemas['Line'];
export type IssuerStatus = Schemas['IssuerStatus'];
export type IssuerList = Schemas['IssuerList'];
export type LevelWords = Schemas['LevelWords'];
export type PlaceWords = Schemas['PlaceWords'];
export type NearestPlace = Schemas['NearestPlace'];
export type RevisionWords = Schemas['RevisionWords'];
export type ItineraryRequest = Schemas['ItineraryRequest'];
export type Problem = Schemas['Problem'];
export type Verdict = Schemas['Verdict'];
export type Mode = Schemas['Mode'];
export type Purpose = Schemas['Purpose'];
export type Effect = Schemas['AppliedEffect'];
export type Basemap = Schemas['Basemap'];

/** Why there is no answer. */
export class Failure extends Error {
  constructor(
    readonly kind: 'network' | 'busy' | 'broken' | 'refused' | 'unread' | 'too_large' | 'unsigned' | 'unknown_country' | 'beyond',
    readonly problem?: Problem,
    /** Seconds until it is worth asking again, where the service says so. */
    readonly wait?: number,
  ) {
    super(problem?.detail ?? kind);
  }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Failure('network');
  }
  const json = response.headers.get('content-type')?.includes('json') ? await response.json() : undefined;
  if (response.ok && json !== undefined) return json as T;
  // what is not the service's own, the sign-in page of a hotel or a gateway, has not reached it
  if (json === undefined && ![429, 503].includes(response.status)) throw new Failure('network');
  const kind = KINDS[response.status] ?? (response.status >= 500 ? 'broken' : 'refused');
  throw new Failure(kind, json as Problem | undefined, Number(response.headers.get('retry-after')) || undefined);
}

const KINDS: Record<number, Failure['kind']> = { 408: 'busy', 413: 'too_large', 415: 'unread', 429: 'busy', 503: 'busy' };

const post = (body: unknown): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const query = (values: Record<string, string | number | undefined>): string =>
  new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, String(value)]]))).toString();

export const checkItinerary = (request: ItineraryRequest) => ask<ItineraryAnswer>('/v1/check/itinerary', post(request));

/** What is asked about a document that does not say it itself. */
export interface DocumentQuestion {
  lang: string;
  as_of?: string;
  nationality: string;
}

/** A document as it is. Cordon's own says itself what is asked; only the language is the page's. */
export function checkDocument(body: string | Blob, mediaType: string, asked: DocumentQuestion): Promise<ItineraryAnswer> {
  const own = typeof body === 'string' && mediaType === 'application/json' ? ownRequest(body) : undefined;
  if (own) return ask('/v1/check/itinerary', post({ ...own, lang: asked.lang }));
  return ask(`/v1/check/itinerary?${query({ ...asked })}`, { method: 'POST', headers: { 'content-type': mediaType }, body });
}

function ownRequest(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'itinerary' in value ? value : undefined;
  } catch {
    return undefined;
  }
}

export const checkLocation = (body: Schemas['LocationRequest']) => ask<LocationAnswer>('/v1/check/location', post(body));

export const findPlaces = (q: string, lang: string, signal?: AbortSignal) =>
  ask<{ places: PlaceWords[] }>(`/v1/places?${query({ q, lang })}`, { signal }).then((list) => list.places);

export const nearestPlace = (lat: number, lon: number, lang: string) => ask<NearestPlace>(`/v1/places/nearest?${query({ lat, lon, lang })}`);

/** Where an issuer's travellers find help in a country. */
export const listMissions = (issuer: string, country: string) => ask<{ missions: Mission[] }>(`/v1/missions?${query({ issuer, country })}`).then((list) => list.missions);

/** What the operator put under the advisories on the map. */
export const readBasemap = () => ask<Basemap>('/v1/basemap');

let issuers: Promise<IssuerList> | undefined;
/** Who is consulted; asked for once, and again after a failure. */
export function listIssuers(): Promise<IssuerList> {
  issuers ??= ask<IssuerList>('/v1/issuers');
  issuers.catch(() => (issuers = undefined));
  return issuers;
}

/** Everything in force about a country, and everybody who helps there, whoever the issuer. */
export async function aboutCountry(country: string): Promise<{ advisories: RevisionWords[]; missions: Mission[] }> {
  // both at once, and a failure of either is the failure of the whole
  const [advisories, { missions }] = await Promise.all([everyAdvisory(country), ask<{ missions: Mission[] }>(`/v1/missions?${query({ country })}`)]);
  return { advisories, missions };
}

async function everyAdvisory(country: string): Promise<RevisionWords[]> {
  const advisories: RevisionWords[] = [];
  let path: string | null = `/v1/advisories?${query({ country, limit: 1000 })}`;
  while (path) {
    const page: Schemas['AdvisoryPage'] = await ask(path);
    advisories.push(...page.advisories);
    path = page.next ?? null;
  }
  return advisories;
}

export interface AdvisoryFeature {
  type: 'Feature';
  id: string;
  geometry: GeoJSON.Geometry | null;
  properties: RevisionWords;
}

/** Everything an issuer says that is in force at an instant, with its outlines. */
export async function listAdvisories(issuer: string, at: string): Promise<AdvisoryFeature[]> {
  const features: AdvisoryFeature[] = [];
  let path: string | undefined = `/v1/advisories.geojson?${query({ issuer, at, limit: 1000 })}`;
  while (path) {
    const page: { features: AdvisoryFeature[]; links?: { rel: string; href: string }[] } = await ask(path);
    features.push(...page.features);
    path = page.links?.find((link) => link.rel === 'next')?.href;
  }
  return features;
}
