// The shared vectors, run against the check on the device: `node --test tests/vectors/vectors.test.mjs`. VECTORS names a file of others.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { device, question, same } from './device.mjs';

const vectors = JSON.parse(readFileSync(process.env.VECTORS ?? new URL('rules.json', import.meta.url)));
// others are questions alone
const agreed = { skip: !vectors.signed };
const own = await device();

for (const { file, reason, bundles, checks } of vectors.cases) {
  test(`${file}: ${reason}`, () => {
    const opened = bundles.map((statement) => own.open(statement));
    for (const { bundle, request, answer } of checks) {
      const asked = question(own, request);
      assert.ok(own.answers(opened[bundle], asked), 'the bundle answers here');
      same(own.check(opened[bundle], asked), answer, JSON.stringify(request));
    }
  });
}

test('a bundle answers only within its reach', agreed, () => {
  const bundle = own.open(vectors.reach.bundle);
  for (const { lat, lon, accuracy_m, answers } of vectors.reach.places) assert.equal(own.answers(bundle, { lat, lon, accuracy_m }), answers, `${lat} ${lon} ${accuracy_m}`);
});

test('what is signed is taken, what was changed is not', agreed, async () => {
  const { document, key, other_key } = vectors.signed;
  const bytes = (text) => new TextEncoder().encode(text);
  assert.equal((await own.verified(bytes(document), key)).country, 'AD');
  const wrong = [
    [document.replace(/"epoch":(\d+)/, '"epoch":1$1'), key],
    [document.replace('"country":"AD"', '"country": "AD"'), key],
    [`${document} `, key],
    [document.replace('{"signature"', '{"x":1,"signature"'), key],
    [document, other_key],
  ];
  for (const [text, pem] of wrong) {
    assert.ok(text !== document || pem !== key);
    await assert.rejects(own.verified(bytes(text), pem), text.slice(0, 40));
  }
  // and by the library that stands in where the browser's own cryptography lacks Ed25519
  const { importKey } = crypto.subtle;
  crypto.subtle.importKey = () => Promise.reject(new Error('not known here'));
  try {
    assert.equal((await own.verified(bytes(document), key)).country, 'AD');
    await assert.rejects(own.verified(bytes(wrong[0][0]), key));
  } finally {
    crypto.subtle.importKey = importKey;
  }
});
