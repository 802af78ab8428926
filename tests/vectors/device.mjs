// The check on the device, as the page has it, made ready for Node; and how its answers are held against the service's.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const { build } = await import(new URL('../../web/node_modules/vite/dist/node/index.js', import.meta.url));

/** Loads the page's own modules. */
export async function device() {
  const outDir = mkdtempSync(join(tmpdir(), 'cordon-device-'));
  // parts of it are loaded when they are needed
  process.on('exit', () => rmSync(outDir, { recursive: true }));
  await build({ root: web, configFile: false, logLevel: 'error', build: { ssr: 'src/private/index.ts', outDir, emptyOutDir: false, target: 'node20' }, ssr: { noExternal: true } });
  return import(pathToFileURL(join(outDir, 'index.js')).href);
}

/** A request of the service as the device asks itself. */
export function question({ micros }, request) {
  const { position, at, as_of, traveller = {}, issuers = [], lang = 'en' } = request;
  const permits = (traveller.permits ?? []).map(({ issuer, advisory, valid_from, valid_to }) => ({
    issuer,
    advisory,
    valid: { from: valid_from ? micros(valid_from) : -Infinity, to: valid_to ? micros(valid_to) : Infinity },
  }));
  return {
    lat: position.lat,
    lon: position.lon,
    accuracy_m: position.accuracy_m ?? 0,
    presence: { from: micros(at), to: micros(at) },
    as_of: micros(as_of),
    nationalities: traveller.nationalities ?? [],
    purpose: traveller.purpose ?? 'other',
    passing: traveller.purpose === 'transit',
    permits,
    issuers,
    lang,
  };
}

/** Holds two answers against each other: everything alike, but for the last digit of a distance. */
export function same(found, expected, about) {
  const margins = (answer) => answer.matches.map((match) => match.margin_m);
  const rest = (answer) => ({ ...answer, matches: answer.matches.map((match) => ({ ...match, margin_m: 0 })) });
  assert.deepEqual(rest(JSON.parse(JSON.stringify(found))), rest(expected), about);
  margins(expected).forEach((theirs, i) => {
    const ours = margins(found)[i];
    if (theirs === null) assert.equal(ours, null, about);
    // beyond two thousand kilometres the service takes the nearest by geodesic, the device by chord
    else assert.ok(Math.abs(ours - theirs) <= Math.max(0.1001, Math.abs(theirs) * (Math.abs(theirs) > 2e6 ? 0.01 : 1e-7)), `${about}: ${ours} m, the service says ${theirs} m`);
  });
}
