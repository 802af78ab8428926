// Instants in microseconds, and spans of time: half-open, possibly open at either end.

/** `[from, to)` in microseconds since 1970; infinite where open. One whose ends are equal is that instant. */
export interface Span {
  from: number;
  to: number;
}

export const instant = (at: number): Span => ({ from: at, to: at });
const isInstant = ({ from, to }: Span): boolean => from === to && Number.isFinite(from);

/** Reads RFC 3339; what is finer than a microsecond is cut off. */
export function micros(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return Date.parse(text.replace(/\.\d+/, '')) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** Writes RFC 3339 in UTC; nothing for an open end. */
export function written(at: number): string | null {
  if (!Number.isFinite(at)) return null;
  const seconds = Math.floor(at / 1e6);
  const fraction = String(at - seconds * 1e6).padStart(6, '0').replace(/0+$/, '');
  return new Date(seconds * 1000).toISOString().replace('.000Z', fraction ? `.${fraction}Z` : 'Z');
}

/** What a presence shares with a half-open period; nothing when they do not meet. */
export function during(presence: Span, period: Span): Span | undefined {
  const [from, to] = [Math.max(presence.from, period.from), Math.min(presence.to, period.to)];
  const meets = from < to || (isInstant(presence) && from === to && from < period.to);
  return meets ? { from, to } : undefined;
}

export const contains = (span: Span, at: number): boolean => during(instant(at), span) !== undefined || (isInstant(span) && span.from === at);
