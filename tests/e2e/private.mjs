// The check on the device: `node private.mjs PROGRAM FOLDER chromium|firefox`. Everything that goes over the line is looked at.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { Line } from './offline-line.mjs';
import { follow } from './steps.mjs';
import { BUS, Visit } from './visit.mjs';

const [program, data, name] = process.argv.slice(2);
const words = Object.fromEntries(['en', 'ko', 'km'].map((lang) => [lang, JSON.parse(readFileSync(new URL(`../../web/words/${lang}.json`, import.meta.url)))]));
const POIPET = { latitude: 13.65805, longitude: 102.56365, accuracy: 20 };
const cordon = await Cordon.start(program, data);
const line = await Line.to(cordon.address);
const browser = await launchers[name]();
const page = await browser.newPage();
await page.setViewport({ width: 360, height: 740 });
const visit = new Visit(browser, page, line.address);

/** What was asked since, but for the files of the page; and nothing of it, in its address, headers or body, tells where somebody is. */
function told() {
  const digits = [POIPET, ...BUS.stops.map(({ place }) => ({ latitude: place.lat, longitude: place.lon }))].flatMap(({ latitude, longitude }) => [latitude, longitude].map((one) => one.toFixed(2)));
  for (const { path, text } of line.heard) for (const some of digits) assert.ok(!text.includes(some), `${some} was sent: ${path} ${text.slice(-300)}`);
  return [...new Set(line.heard.map(({ path }) => path))].filter((path) => !/^\/(assets\/|sw\.js|fonts-|icon|badge|manifest|favicon|\?|$)/.test(path)).sort();
}
/** Passports are chosen as a trip kept on the device has them. */
const have = (trip) => page.evaluate((text) => localStorage.setItem('cordon.trip', text), JSON.stringify(trip));
/** A new answer takes the focus. */
const where = async () => {
  await visit.press('Where am I now');
  await visit.until(() => document.activeElement.id === 'answer' || document.querySelector('.failure'));
  return visit.sentence();
};
/** But for the minute at which it was asked. */
const answered = () => page.evaluate(() => [...document.querySelectorAll('.issuers > li, .parts .finding')].map((one) => one.textContent.replace(/You are there.*?UTC/, '')));
let own;

const steps = {
  async 'the switch is found and thrown by the keyboard, and says what it means'() {
    await page.browserContext().overridePermissions(line.address, ['geolocation']).catch(() => {});
    await visit.go('/?lang=en');
    await have({ ...BUS, stops: [{ text: '', arrive: {}, depart: {} }], legs: [] });
    await page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    const field = await visit.field('Check on this device');
    await field.focus();
    await page.keyboard.press(' ');
    assert.equal(await field.evaluate((one) => one.checked), true);
    assert.match(await visit.text('#private-about'), /The service learns which countries you fetch, nothing finer/);
    await visit.until(() => document.querySelector('.private .combobox'));
    await visit.accessible('switched on');
    await visit.fits('switched on');
    // it stays so
    await page.reload();
    await visit.until(() => document.querySelector('.private input')?.checked);
  },

  async 'where somebody is, is answered here, and nobody hears of it'() {
    await page.setGeolocation(POIPET);
    line.heard = [];
    own = await where();
    assert.match(own, /for passports of South Korea: you are in/);
    assert.match(await visit.text('.sentence'), /Answered on this device, from the advisories of Cambodia/);
    assert.deepEqual(told(), ['/v1/bundles/KH', '/v1/evidence/key']);
    await visit.until(() => document.querySelector('.help a[href^="tel:+855"]'));
    own = { sentence: own, answered: await answered() };
    assert.deepEqual(told(), ['/v1/bundles/KH', '/v1/evidence/key'], 'whom to call came with it');
    await visit.accessible('answered on the device');
    await visit.fits('answered on the device');
  },

  async 'the stops of a trip are answered here, the way is said to be open'() {
    await have(BUS);
    await page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    line.heard = [];
    await visit.press('Fetch all countries of my trip');
    await visit.until(() => /\w/.test(document.querySelector('.private [role=status]').textContent) && !/Fetching/.test(document.querySelector('.private [role=status]').textContent));
    assert.match(await visit.text('.private [role=status]'), /Fetched: Thailand and Cambodia/);
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('.private .bundles li')].map((one) => one.textContent.split(':')[0])), ['Cambodia', 'Thailand']);
    await visit.check();
    const parts = await page.evaluate(() => [...document.querySelectorAll('.part')].map((one) => one.textContent));
    assert.equal(parts.length, 3);
    assert.match(parts[1], /The way is not checked on this device.*Switch the check on this device off/);
    assert.match(parts[2], /Siem Reap/);
    assert.match(await visit.sentence(), /^(Indeterminate|Avoid|Prohibited) for passports of South Korea/);
    assert.deepEqual(told(), ['/v1/bundles/KH', '/v1/bundles/TH', '/v1/evidence/key']);
    await visit.accessible('a trip on the device');
    await visit.fits('a trip on the device');
  },

  async 'it speaks three languages'() {
    for (const lang of ['ko', 'km', 'en']) {
      const before = await visit.sentence();
      await page.select('#language', lang);
      await visit.until((old) => document.querySelector('#answer').textContent !== old, before);
      assert.ok((await visit.text('.switch')).includes(words[lang]['private.switch']));
      await visit.accessible(`on the device, ${lang}`);
      await visit.fits(`on the device, ${lang}`);
    }
    assert.deepEqual(told(), ['/v1/bundles/KH', '/v1/bundles/TH', '/v1/evidence/key']);
  },

  async 'what is not signed by the service is not used'() {
    await visit.press('Delete them from this device');
    await visit.until(() => !document.querySelector('.private .bundles'));
    line.forged = { path: '/v1/bundles/', change: (text) => text.replace('"accuracy_m":', '"accuracy_m":9') };
    await where();
    assert.match(await visit.text('.failure'), /not signed by this service/);
    await visit.accessible('not signed');
    line.forged = undefined;
    await visit.press('Try again');
    await visit.until(() => !document.querySelector('.failure') && document.querySelector('#answer'));
    await where();
    assert.equal(await visit.sentence(), own.sentence);
  },

  async 'without a network it goes on answering, and says from when'() {
    await visit.until(() => navigator.serviceWorker.controller?.state === 'activated');
    line.cut = true;
    await page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    await where();
    assert.equal(await visit.sentence(), own.sentence);
    assert.match(await visit.text('.sentence'), /The service could not be reached: what governments have said since is missing/);
    await visit.accessible('on the device, without a network');
    // what is older than a day is not trusted to be complete
    await page.evaluate(async () => {
      const bundles = await caches.open('cordon-bundles');
      for (const asked of await bundles.keys()) {
        const kept = await bundles.match(asked);
        const headers = new Headers(kept.headers);
        if (headers.has('cordon-compared-at')) headers.set('cordon-compared-at', String(Number(headers.get('cordon-compared-at')) - 25 * 3_600_000));
        await bundles.put(asked, new Response(await kept.arrayBuffer(), { headers }));
      }
    });
    await page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    await where();
    assert.match(await visit.text('.sentence'), /more than a day old: nothing is called clear/);
    line.cut = false;
    visit.wrong = visit.wrong.filter((one) => !/Failed to load|NetworkError|ERR_|network/i.test(one));
  },

  async 'switched off, the service is asked, and says the same'() {
    await page.reload();
    await visit.until(() => document.querySelector('.private input')?.checked);
    line.heard = [];
    await (await visit.field('Check on this device')).click();
    await where();
    assert.equal(await visit.sentence(), own.sentence);
    assert.deepEqual(await answered(), own.answered);
    // the same look at the line finds it now
    assert.throws(told, /was sent: \/v1\/check\/location/);
    assert.deepEqual(visit.wrong, []);
  },
};

try {
  await follow(steps);
} finally {
  await browser.close();
  line.close();
  await cordon.stop();
}
