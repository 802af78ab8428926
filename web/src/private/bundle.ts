// A bundle: what it holds, and whether it is what the service signed.
import type { Mission } from '../api/client';
import type { AdvisoryId, IssuerDocument, RevisionDocument } from './documents';
import { unpack, type Shape } from './shape';
import { micros, type Span } from './time';

/** The statement of a bundle as the service writes it. */
export interface Statement {
  type: 'cordon-bundle';
  form: number;
  country: string;
  epoch: number;
  made_at: string;
  reach_m: number;
  max_age_s: number;
  stale_after_s: number;
  issuers: { issuer: IssuerDocument; has_spoken: boolean }[];
  shapes: { country: string | null; accuracy_m: number; polygons: number[][][] }[];
  advisories: { advisory: AdvisoryId; issuer: string; revisions: RevisionDocument[] }[];
  coverage: { issuer: string; known: { country: string; from: string; verified_at: string } }[];
  refused: { file: string; issuer: string | null; countries: string[] | null; reason: string }[];
  places_missing: boolean;
  missions: Mission[];
}

/** What decides when a revision is in force. */
export interface Step {
  number: number;
  published: number;
  valid: Span;
}

/** One revision with its shape. */
export interface Fence extends Step {
  /** Its place in the order that answers keep. */
  id: number;
  revision: string;
  advisory: AdvisoryId;
  /** The issuer's place in the bundle. */
  issuer: number;
  /** The level's place on the issuer's scale, 0 the mildest. */
  level: number;
  severity: number;
  shape: number;
  said: NonNullable<RevisionDocument['fence']>;
  later: Step[];
}

/** A bundle made ready to answer. */
export interface Bundle {
  statement: Statement;
  shapes: Shape[];
  fences: Fence[];
  /** By shape. */
  onShape: Fence[][];
}

const span = (valid: { from: string | null; to: string | null }): Span => ({
  from: valid.from === null ? -Infinity : micros(valid.from),
  to: valid.to === null ? Infinity : micros(valid.to),
});

/** Makes a statement ready to answer. */
export function open(statement: Statement): Bundle {
  if (statement.type !== 'cordon-bundle' || statement.form !== 1) throw new Error('this form of bundle is not known here');
  const shapes = statement.shapes.map(unpack);
  const onShape: Fence[][] = shapes.map(() => []);
  const fences: Fence[] = [];
  for (const { advisory, issuer: code, revisions } of statement.advisories) {
    const issuer = statement.issuers.findIndex((one) => one.issuer.code === code);
    const steps = revisions.map((one): Step => ({ number: one.number, published: micros(one.published_at), valid: span(one.valid) }));
    revisions.forEach(({ fence: said }, i) => {
      if (!said) return;
      const { levels } = statement.issuers[issuer]!.issuer;
      const level = levels.findIndex((one) => one.code === said.level);
      const step = steps[i]!;
      const later = steps.filter((other) => other.number > step.number);
      const fence: Fence = { ...step, id: fences.length, revision: `${advisory}@${step.number}`, advisory, issuer, level, severity: levels[level]!.severity, shape: said.shape, said, later };
      fences.push(fence);
      onShape[said.shape]!.push(fence);
    });
  }
  return { statement, shapes, fences, onShape };
}

interface Signature {
  algorithm: string;
  canonicalization: string;
  key_id: string;
  public_key: string;
  value: string;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** The 32 bytes of an Ed25519 key in PEM. */
function keyOf(pem: string): Uint8Array<ArrayBuffer> {
  const der = bytesOf(pem.replace(/-----[^-]+-----/g, '').replace(/\s/g, ''));
  // RFC 8410: twelve bytes say what kind of key it is
  const kind = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
  if (der.length !== 44 || kind.some((byte, i) => der[i] !== byte)) throw new Error('this is no Ed25519 key');
  return der.slice(12);
}

/** By the browser's own cryptography where it has Ed25519, else by a library that is loaded then. */
async function verifies(key: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const own = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, own, signature, signed);
  } catch {
    const { verifyAsync } = await import('@noble/ed25519');
    return verifyAsync(signature, signed, key);
  }
}

/** Reads a document that must be, byte for byte, what the holder of the key signed. */
export async function verified(document: Uint8Array<ArrayBuffer>, pem: string): Promise<Statement> {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(document);
  const { statement, signature } = JSON.parse(text) as { statement: Statement; signature: Signature };
  const said: Signature = { algorithm: 'Ed25519', canonicalization: 'RFC 8785', key_id: signature.key_id, public_key: signature.public_key, value: signature.value };
  // the document is canonical as a whole: what was signed stands between this and the last brace
  const before = `{"signature":${JSON.stringify(said)},"statement":`;
  if (!text.startsWith(before) || !text.endsWith('}')) throw new Error('the document is not in the form that was signed');
  const signed = document.slice(new TextEncoder().encode(before).length, -1);
  if (!(await verifies(keyOf(pem), bytesOf(signature.value), signed))) throw new Error('the signature does not fit');
  return statement;
}
