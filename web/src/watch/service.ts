// What the service is asked about somebody who is told: with their own token, and nobody else's.
import type { components } from '../api/schema';
import type { Wishes } from './watcher';

type Schemas = components['schemas'];
export type TripAnswer = Schemas['TripAnswer'];
export type SubscriptionAnswer = Schemas['SubscriptionAnswer'];

/** The service said no, or nothing (`status` 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

interface Asked {
  method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  token?: string;
  body?: unknown;
  /** Whatever there is may be replaced. */
  replaces?: boolean;
}

async function ask<T>(path: string, { method, token, body, replaces }: Asked = {}): Promise<T> {
  const headers: Record<string, string> = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (replaces) headers['if-match'] = '*';
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }).catch(() => {
    throw new Refused(0, 'network');
  });
  const text = await response.text();
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T;
  throw new Refused(response.status, detailOf(text));
}

/** What a problem says in particular, else in general. */
function detailOf(text: string): string {
  try {
    const problem = JSON.parse(text) as Schemas['Problem'];
    return problem.errors?.[0]?.detail ?? problem.detail;
  } catch {
    return text.slice(0, 200);
  }
}

/** Whose data are asked for, and what opens them. */
export interface Own {
  traveller: string;
  token: string;
}
const at = (own: Own, rest = ''): string => `/v1/travellers/${own.traveller}${rest}`;

export const pushKey = () => ask<Schemas['PushKey']>('/v1/push/key').then((answer) => answer.key);
export const register = (body: Schemas['RegisterRequest']) => ask<Schemas['RegisteredAnswer']>('/v1/travellers', { method: 'POST', body });
export const erase = (own: Own) => ask<void>(at(own), { method: 'DELETE', token: own.token });
export const exported = (own: Own) => ask<unknown>(at(own, '/export'), { token: own.token });

export const listTrips = (own: Own) => ask<{ itineraries: TripAnswer[] }>(at(own, '/itineraries'), { token: own.token }).then((list) => list.itineraries);
export const saveTrip = (own: Own, body: unknown) => ask<TripAnswer>(at(own, '/itineraries'), { method: 'POST', token: own.token, body });
export const replaceTrip = (own: Own, id: string, body: unknown) => ask<TripAnswer>(at(own, `/itineraries/${id}`), { method: 'PUT', token: own.token, body, replaces: true });
export const forgetTrip = (own: Own, id: string) => ask<void>(at(own, `/itineraries/${id}`), { method: 'DELETE', token: own.token });

/** A browser's subscription as the service takes it. */
export function channelOf(subscription: PushSubscription, vapidKey: string) {
  const { endpoint, keys } = subscription.toJSON();
  return { type: 'web_push' as const, endpoint: endpoint!, keys: { p256dh: keys!.p256dh!, auth: keys!.auth! }, vapid_key: vapidKey };
}
export type ChannelOf = ReturnType<typeof channelOf>;

const wished = ({ minSeverity, issuers, upcoming }: Wishes) => ({ min_severity: minSeverity, issuers, upcoming });
export const subscribe = (own: Own, channel: ChannelOf, wishes: Wishes, lang: string) =>
  ask<SubscriptionAnswer>(at(own, '/subscriptions'), { method: 'POST', token: own.token, body: { channel, ...wished(wishes), lang } });
export const moveSubscription = (own: Own, id: string, channel: ChannelOf, lang: string) =>
  ask<SubscriptionAnswer>(at(own, `/subscriptions/${id}`), { method: 'PATCH', token: own.token, body: { channel, lang } });
export const wishSubscription = (own: Own, id: string, wishes: Wishes) =>
  ask<SubscriptionAnswer>(at(own, `/subscriptions/${id}`), { method: 'PATCH', token: own.token, body: wished(wishes) });
export const endSubscription = (own: Own, id: string) => ask<void>(at(own, `/subscriptions/${id}`), { method: 'DELETE', token: own.token });
export const trySubscription = (own: Own, id: string) => ask<{ delivery: string }>(at(own, `/subscriptions/${id}/test`), { method: 'POST', token: own.token });
