// Being warned, from the tap to the end, in a real Firefox: `node push.mjs PROGRAM FOLDER`. The program sends, a push service of our own
// takes, Firefox decrypts and shows. Says each step, and ends with 1 at the first that fails.
import assert from 'node:assert/strict';
import { Cordon, freePort } from './cordon.mjs';
import { launchFirefox, tap } from './push-firefox.mjs';
import { PushService } from './push-service.mjs';
import { follow } from './steps.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, data] = process.argv.slice(2);
const POIPET = 'kr-mofa:kh-poipet';
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** The bus through Poipet, in ten days. */
const trip = structuredClone(BUS);
trip.stops[0].depart.date = trip.stops[1].arrive.date = day(10);
trip.stops[1].depart.date = day(13);
trip.nationalities = ['KR', 'US'];

const push = await PushService.start();
const port = await freePort();
const url = `http://localhost:${port}`;
const settings = ['--public-url', url, '--outbound-allow', 'localhost,127.0.0.0/8', '--push-contact', 'mailto:operator@example.org'];
const cordon = await Cordon.start(program, data, settings, `127.0.0.1:${port}`);
const key = cordon.key('publish', 'admin');
const browser = await launchFirefox(push.socket);

/** What the publisher says about Poipet next. */
async function say(level, words) {
  const { json } = await cordon.ask('GET', `/v1/advisories/${POIPET}/revisions`);
  const seen = json.revisions.at(-1).revision.split('@')[1];
  const area = { area: { region: 'kh-poipet' }, carves_out_of: ['kr-mofa:kh-banteay-meanchey', 'kr-mofa:kh-thai-border', 'kr-mofa:kh'] };
  const properties = { advisory: POIPET, level, title: { en: 'Poipet city', ko: '포이펫시' }, text: { en: words }, source_url: 'https://www.0404.go.kr/', ...area };
  const headers = { 'if-match': `"${seen}"`, 'content-type': 'application/geo+json' };
  await cordon.ask('POST', `/v1/advisories/${POIPET}/revisions`, { token: key, headers, body: { type: 'Feature', geometry: null, properties } });
}

async function withdraw() {
  const { json } = await cordon.ask('GET', `/v1/advisories/${POIPET}/revisions`);
  const seen = json.revisions.at(-1).revision.split('@')[1];
  await cordon.ask('POST', `/v1/advisories/${POIPET}/withdraw`, { token: key, headers: { 'if-match': `"${seen}"` }, body: {} });
}

/** What is shown now, once there is something whose title is like this. */
async function notified(visit, title) {
  const read = async (pattern) => {
    const all = await (await navigator.serviceWorker.ready).getNotifications();
    const shown = all.map(({ title, body, tag, lang, data, requireInteraction }) => ({ title, body, tag, lang, data, requireInteraction }));
    return shown.some((one) => new RegExp(pattern).test(one.title)) && JSON.stringify(shown);
  };
  const handle = await visit.page.waitForFunction(read, { polling: 100 }, title);
  return JSON.parse(await handle.jsonValue());
}

/** Waits for something to be so outside of the page. */
async function settled(what, holds) {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((turn) => setTimeout(turn, 50));
  }
  throw new Error(`waited in vain until ${what}`);
}

/** What this device keeps of its watching. */
const kept = (visit) =>
  visit.page.evaluate(
    () =>
      new Promise((done) => {
        indexedDB.open('cordon').onsuccess = ({ target }) => {
          target.result.transaction('documents').objectStore('documents').get('watcher').onsuccess = (event) => (target.result.close(), done(event.target.result ?? null));
        };
      }),
  );
const subscriptions = async ({ traveller, token }) => (await cordon.ask('GET', `/v1/travellers/${traveller}/subscriptions`, { token })).json.subscriptions;

/** Where the service sends to; told only to whose it is. */
const address = async ({ traveller, token }) => (await cordon.ask('GET', `/v1/travellers/${traveller}/export`, { token })).json.subscriptions[0].endpoint;

const page = await browser.newPage();
const visit = new Visit(browser, page, url);
let last;

const steps = {
  async 'what it means is said before the browser asks, and the keyboard does it'() {
    await visit.go(`/?lang=en${carried(trip)}`);
    await visit.until(() => document.querySelector('#answer'));
    assert.match(await visit.text('.watch'), /keeps the trip until it is over, and your nationalities .* No name, no account/);
    assert.deepEqual([push.subscriptions.size, await kept(visit)], [0, null], 'nothing is kept of whoever only checks');
    await visit.accessible('before being warned');
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement.textContent)) === 'Warn me about this trip') break;
    }
    await page.keyboard.press('Enter');
    await visit.until(() => document.querySelector('.watch .state')?.textContent === 'You are warned on this device.');
    await visit.until(() => /Bangkok → Siem Reap.*now: avoid all travel, or leave/.test(document.querySelector('.watched').textContent));
    assert.equal(push.open.length, 1);
    last = await kept(visit);
    assert.match(last.token, /^crd_t_/);
    const [subscription] = await subscriptions(last);
    assert.deepEqual([subscription.state, subscription.min_severity, subscription.channel.origin], ['active', 3, push.origin]);
    await visit.accessible('being warned');
    for (const width of [360, 1280]) {
      await page.setViewport({ width, height: 800 });
      await visit.fits(`being warned at ${width}`);
    }
  },

  async 'a published level 4 arrives, and names place, level and what to do'() {
    await say('4', 'Forbidden by law: do not enter, leave at once.');
    const [one, ...others] = await notified(visit, 'Level 4');
    assert.deepEqual(others, []);
    assert.match(one.title, /Level 4, Travel ban.*Poipet city/);
    assert.match(one.body, /Ministry of Foreign Affairs.*raised from 3 to 4.*Poipet city.*do not enter, leave at once.*In force since/s);
    assert.deepEqual([one.lang, one.requireInteraction], ['en', true]);
  },

  async 'a lower one takes its place, and a tap opens the advisory'() {
    await say('3', 'Do not go.');
    const [one, ...others] = await notified(visit, 'Level 3');
    assert.deepEqual(others, [], 'the older one is replaced');
    assert.match(one.body, /lowered from 4 to 3/);
    const opened = new Promise((seen) => browser.once('targetcreated', seen));
    await tap(browser, one.title);
    const tab = await (await opened).page();
    await tab.waitForFunction(() => document.querySelector('h1')?.textContent === 'Poipet city');
    assert.equal(new URL(tab.url()).pathname, `/advisories/${POIPET}`);
    await tab.close();
  },

  async 'less is told when less is asked for, by fewer, in another language'() {
    await visit.page.bringToFront();
    await visit.page.select('#watch-min', '4');
    await visit.until(() => document.querySelector('.watch .status').textContent === 'Saved.');
    assert.equal((await subscriptions(last))[0].min_severity, 4);
    const tick = await page.evaluateHandle(() => [...document.querySelectorAll('.choice label')].find((one) => one.textContent.includes('State')).control);
    await tick.asElement().click();
    await settled('only one government is listened to', async () => (await subscriptions(last))[0].issuers.join() === 'kr-mofa');
    // while the page still looks at what came of it, its buttons do nothing
    await visit.until(() => document.querySelector('.watch .status').textContent === 'Saved.');
    await visit.press('Send a test notification');
    const shown = await notified(visit, 'Cordon');
    assert.match(shown.find(({ tag }) => tag === 'test').body, /This is no advisory/);
    for (const lang of ['km', 'ko', 'en']) {
      await page.select('#language', lang);
      await settled(`the service speaks ${lang}`, async () => (await subscriptions(last))[0].lang === lang);
      await page.setViewport({ width: 360, height: 800 });
      await visit.fits(`being warned in ${lang}`);
      await visit.accessible(`being warned in ${lang}`);
    }
    // what the service keeps is handed over as a file
    await page.evaluate(() => (URL.createObjectURL = ((make) => (blob) => ((window.taken = blob), make(blob)))(URL.createObjectURL.bind(URL))));
    await visit.press('Take my data along');
    await visit.until(() => window.taken);
    const taken = JSON.parse(await page.evaluate(() => window.taken.text()));
    assert.deepEqual([taken.traveller.id, taken.itineraries.length, taken.subscriptions.length], [last.traveller, 1, 1]);
  },

  async 'with another key of the service the page subscribes again, and the all-clear still comes'() {
    await say('4', 'Forbidden again.');
    await notified(visit, 'Level 4');
    const { json } = await cordon.ask('POST', '/v1/push/key/rotate', { token: key });
    const [before] = push.open;
    await page.reload();
    await settled('the browser has subscribed with the new key', () => push.open.length === 1 && push.open[0].key === json.key);
    assert.notEqual(push.open[0].token, before.token);
    await settled('the service knows', async () => (await subscriptions(last))[0].channel.vapid_key === json.key);
    assert.equal((await subscriptions(last))[0].id, last.subscription, 'it is the same subscription');
    await withdraw();
    const cleared = await notified(visit, 'All clear');
    assert.match(cleared.find(({ title }) => title.startsWith('All clear')).title, /no longer level 4.*Poipet city/);
  },

  async 'a push service that forgets everybody is subscribed to again by the worker'() {
    push.forgetAll();
    await settled('there is a subscription again', () => push.open.length === 1);
    await settled('the service knows where it is now', async () => (await address(last)).endsWith(push.open[0].token));
    await page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).forEach((one) => one.close()));
    await cordon.ask('POST', `/v1/travellers/${last.traveller}/subscriptions/${last.subscription}/test`, { token: last.token });
    await notified(visit, 'Cordon');
  },

  async 'a browser that unsubscribes is gone, 410, and the service deletes it'() {
    await page.evaluate(async () => (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).unsubscribe());
    await settled('the push service knows', () => push.open.length === 0);
    await cordon.ask('POST', `/v1/travellers/${last.traveller}/subscriptions/${last.subscription}/test`, { token: last.token });
    await settled('it is deleted', async () => (await subscriptions(last)).length === 0);
    assert.equal(push.log.at(-1).status, 410);
    // and the page makes a new one the next time it is opened
    await page.reload();
    await settled('there is one again', async () => (await subscriptions(last)).length === 1 && push.open.length === 1);
  },

  async 'warnings are stopped on the page, then everything is erased'() {
    await visit.until(() => document.querySelector('.watch .state')?.textContent === 'You are warned on this device.');
    await visit.press('Stop all warnings');
    await visit.until(() => document.querySelector('.watch .state')?.textContent.startsWith('Warnings are off'));
    await visit.until(() => document.querySelector('.watch .status').textContent === 'No more warnings come to this device.');
    assert.deepEqual([push.open.length, (await subscriptions(last)).length], [0, 0]);
    await visit.accessible('warnings are off');
    await visit.press('Erase everything');
    await visit.accessible('asking once more');
    await visit.press('Yes, erase it');
    await visit.until(() => document.querySelector('.watch .status').textContent === 'Everything is erased.');
    assert.equal(await kept(visit), null);
    await assert.rejects(subscriptions(last), (error) => error.status === 401 || error.status === 404);
    // the worker acknowledged everything that it was sent
    assert.ok(push.acknowledged.length >= 6 && push.acknowledged.every((code) => code === 100), `${push.acknowledged}`);
    assert.deepEqual(visit.wrong, []);
  },
};

try {
  await follow(steps, { state: async () => [`the page: ${await visit.text('.watch').catch(() => '')} ${visit.wrong}`, `the push service: ${JSON.stringify(push.log)}`] });
} finally {
  await browser.close();
  await cordon.stop();
  push.stop();
}
