// Questions drawn at random, put to the service and to the device: `node private-random.mjs PROGRAM FOLDER`. SEED draws others, QUESTIONS more.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { device, question, same } from '../vectors/device.mjs';
import { Cordon } from './cordon.mjs';

const [program, folder] = process.argv.slice(2);
const seed = Number(process.env.SEED ?? 20251125);
const many = Number(process.env.QUESTIONS ?? 250);
const COUNTRIES = ['KH', 'TH', 'MM', 'UA', 'FJ', 'US', 'SG', 'AQ'];
const NATIONALITIES = [[], ['KR'], ['US'], ['GB', 'KR'], ['JP'], ['DE', 'FR'], ['KH'], ['AU']];
const PURPOSES = ['other', 'tourism', 'transit', 'resident', 'journalism'];
const HALF_TURN = 1_800_000_000;

/** mulberry32 */
let state = seed;
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const one = (list) => list[Math.floor(random() * list.length)];
const within = (low, high) => low + (high - low) * random();

async function ask(path, body) {
  const response = await fetch(url + path, body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text().catch(() => '')}`);
  return response;
}

/** A corner of an outline or a place on one of its edges, moved by somewhere between a centimetre and a hundred kilometres, or not at all. */
function place(shapes) {
  const ring = one(one(one(shapes).parts));
  const i = Math.floor(random() * (ring.length / 2 - 1)) * 2;
  const t = one([0, 0, 0.5, random()]);
  const lon = Math.round(ring[i] + (ring[i + 2] - ring[i]) * t);
  const lat = Math.round(ring[i + 1] + (ring[i + 3] - ring[i + 1]) * t);
  const step = one([0, 1, 10 ** within(0, 7)]);
  const moved = { lon: lon + within(-step, step), lat: Math.max(-9e8, Math.min(9e8, lat + within(-step, step))) };
  const wrapped = moved.lon > HALF_TURN ? moved.lon - 2 * HALF_TURN : moved.lon < -HALF_TURN ? moved.lon + 2 * HALF_TURN : moved.lon;
  return { lat: one([Math.round(moved.lat), moved.lat]) / 1e7, lon: one([Math.round(wrapped), wrapped]) / 1e7, accuracy_m: one([0, 0, 5, 50, 500, 3000, 15_000, Math.round(within(0, 20_000))]) };
}

/** An instant at which something changes, a second or a microsecond beside it, or any other. */
function instant(instants) {
  const near = Date.parse(one(instants)) + one([0, -1000, 1000, -86_400_000, 86_400_000]);
  const any = within(Date.parse('2024-01-01T00:00:00Z'), Date.parse('2027-01-01T00:00:00Z'));
  return new Date(one([near, near, any])).toISOString();
}

const cordon = await Cordon.start(program, folder, ['--rate-check', '0']);
// whatever happens, it ends with this
process.on('exit', () => cordon.child.kill());
const url = cordon.address;
const own = await device();
const key = (await (await ask('/v1/evidence/key')).json()).pem;
let asked = 0;
let beyond = 0;
const verdicts = {};
for (const country of COUNTRIES) {
  const response = await ask(`/v1/bundles/${country}`);
  const etag = response.headers.get('etag');
  const document = new Uint8Array(await response.arrayBuffer());
  const unchanged = await fetch(`${url}/v1/bundles/${country}`, { headers: { 'if-none-match': etag } });
  assert.equal(unchanged.status, 304, `${country}: asked again with its tag`);
  const bundle = own.open(await own.verified(document, key));
  const { advisories, coverage } = bundle.statement;
  const instants = [
    ...advisories.flatMap(({ revisions }) => revisions.flatMap((revision) => [revision.published_at, revision.valid.from, revision.valid.to].filter(Boolean))),
    ...coverage.flatMap(({ known }) => [known.from, known.verified_at]),
    new Date().toISOString(),
  ];
  console.log(`${country}: ${document.length} bytes, ${bundle.shapes.length} outlines, ${bundle.fences.length} revisions`);
  /** Asked of both; no answer is counted where the bundle does not answer. */
  const compare = async (request) => {
    const put = question(own, request);
    if (!own.answers(bundle, put)) return void beyond++;
    const answer = await (await ask('/v1/check/location', request)).json();
    same(own.check(bundle, put), answer, `seed ${seed}, ${country}: ${JSON.stringify(request)}`);
    verdicts[answer.verdict] = (verdicts[answer.verdict] ?? 0) + 1;
    asked++;
  };
  // outlines of the country itself, and fences, more often than its neighbours
  const concerned = bundle.shapes.filter((shape, i) => shape.country === country || bundle.onShape[i].length);
  for (let n = 0; n < many; n++) {
    const traveller = { nationalities: one(NATIONALITIES), purpose: one(PURPOSES) };
    await compare({ position: place(one([concerned, concerned, bundle.shapes])), at: instant(instants), as_of: one([instant(instants), new Date().toISOString()]), traveller, lang: one(['en', 'ko', 'ko-KR', 'km']) });
  }
  if (country !== 'KH') continue;
  // the Korean timeline, each place around each change
  const timeline = JSON.parse(readFileSync(new URL('../cases/timeline-kr-cambodia.json', import.meta.url)));
  for (const { lat, lon, at } of timeline.cases) await compare({ position: { lat, lon }, at: at[0], as_of: '2026-08-22T12:00:00Z', traveller: { nationalities: ['KR'] } });
}
console.log(`${asked} questions answered alike (${JSON.stringify(verdicts)}), ${beyond} beyond the reach of their bundle; seed ${seed}`);
assert.ok(asked > COUNTRIES.length * many * 0.4 && Object.keys(verdicts).length >= 5, 'the questions reach what they should');
await cordon.stop();
