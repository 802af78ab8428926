// What the worker makes of a pushed message, in Chromium: `node push-chromium.mjs PROGRAM FOLDER`. Chromium subscribes with its maker's
// service only; what comes after that is handed to the worker as if it had come from there.
import assert from 'node:assert/strict';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { follow } from './steps.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, data] = process.argv.slice(2);
const cordon = await Cordon.start(program, data);
const url = cordon.address;
const browser = await launchers.chromium();
await browser.defaultBrowserContext().overridePermissions(url, ['notifications']);
const page = await browser.newPage();
const visit = new Visit(browser, page, url);

/** As `src/format/message/document.rs` writes it. */
const about = (revision, { id = `d${revision}`, level = '4', severity = 5, ...other } = {}) => ({
  web_push: 8030,
  notification: { title: `Level ${level}: Poipet city`, body: `revision ${revision}`, navigate: `${url}/advisories/kr-mofa:kh-poipet`, lang: 'ko', tag: 'kr-mofa:kh-poipet#0a1b2c3d' },
  id,
  type: 'actual',
  advisory: 'kr-mofa:kh-poipet',
  revision,
  transition: 'changed',
  level,
  severity,
  concern: 'trip',
  ...other,
});

const cdp = await page.createCDPSession();
/** Hands a message to the worker, and waits until it has done with it. */
async function deliver(document) {
  // what is shown must not be asked for before: Chromium forgets a notification about which it is asked while it draws it
  const done = new Promise((seen) => {
    const look = ({ backgroundServiceEvent: { eventName, eventMetadata } }) => {
      if (eventName !== 'Push event completed') return;
      cdp.off('BackgroundService.backgroundServiceEventReceived', look);
      seen(eventMetadata);
    };
    cdp.on('BackgroundService.backgroundServiceEventReceived', look);
  });
  await cdp.send('ServiceWorker.deliverPushMessage', { origin: url, registrationId, data: typeof document === 'string' ? document : JSON.stringify(document) });
  assert.deepEqual(await done, [{ key: 'Status', value: 'Success' }]);
}
const shown = () =>
  page.evaluate(async () => {
    const all = await (await navigator.serviceWorker.ready).getNotifications();
    return all.map(({ title, body, tag, lang, requireInteraction, data }) => ({ title, body, tag, lang, requireInteraction, data }));
  });
const bodies = async () => (await shown()).map(({ body }) => body).sort();

let registrationId;
const steps = {
  async 'a message is shown as it is, and remembers where it leads'() {
    const registered = new Promise((seen) => cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && seen(registrations[0].registrationId)));
    await cdp.send('ServiceWorker.enable');
    await cdp.send('BackgroundService.setRecording', { service: 'pushMessaging', shouldRecord: true });
    await cdp.send('BackgroundService.startObserving', { service: 'pushMessaging' });
    await visit.go('/?lang=en');
    registrationId = await registered;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await deliver(about(5));
    const [one] = await shown();
    assert.deepEqual(one, {
      title: 'Level 4: Poipet city',
      body: 'revision 5',
      tag: 'kr-mofa:kh-poipet#0a1b2c3d',
      lang: 'ko',
      requireInteraction: true,
      data: { navigate: `${url}/advisories/kr-mofa:kh-poipet?lang=ko`, id: 'd5', revision: 5 },
    });
  },

  async 'a newer one takes its place, an older one or the same again does not'() {
    await deliver(about(6, { level: '3', severity: 3 }));
    await deliver(about(5));
    await deliver({ ...about(6), notification: { ...about(6).notification, body: 'the same again' } });
    await deliver({ ...about(1), notification: { ...about(1).notification, tag: 'another', body: 'another' } });
    assert.deepEqual((await shown()).map(({ body, requireInteraction }) => [body, requireInteraction]).sort(), [['another', true], ['revision 6', false]]);
  },

  async 'what was read and closed does not come back with an older text'() {
    await page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).forEach((one) => one.close()));
    await visit.until(async () => (await (await navigator.serviceWorker.ready).getNotifications()).length === 0);
    await deliver(about(5, { id: 'late' }));
    await deliver(about(7));
    assert.deepEqual(await bodies(), ['revision 7']);
  },

  async 'a tap never leads elsewhere, and nonsense is shown as a sign that something came'() {
    await deliver({ ...about(8), notification: { ...about(8).notification, navigate: 'https://elsewhere.example/' } });
    assert.deepEqual((await shown()).map(({ body, data }) => [body, data.navigate]), [['revision 8', `${url}/`]]);
    await deliver('{"web_push": 8030}');
    assert.ok((await shown()).some(({ title }) => title === 'Cordon'));
    assert.deepEqual(visit.wrong, []);
  },

  async 'what was announced goes when it has come, and when all is over'() {
    const soon = (revision) => {
      const notification = { ...about(revision).notification, tag: 'kr-mofa:kh-poipet+#0a1b2c3d', body: `soon ${revision}` };
      return { ...about(revision, { id: `soon${revision}`, transition: 'upcoming' }), notification };
    };
    const announced = async () => (await bodies()).filter((body) => body.startsWith('soon'));
    // closing one is not waited for by whoever closes it
    const gone = () => visit.until(async () => !(await (await navigator.serviceWorker.ready).getNotifications()).some((one) => one.body.startsWith('soon')));
    await deliver(soon(21));
    await deliver(about(20));
    assert.deepEqual(await announced(), ['soon 21'], 'what holds until then does not settle it');
    await deliver(about(21));
    await gone();
    await deliver(soon(23));
    assert.deepEqual(await announced(), ['soon 23']);
    await deliver(about(22, { transition: 'exited' }));
    await gone();
    // taken back, it is said in its place
    await deliver(soon(25));
    await deliver({ ...soon(25), id: 'not25', transition: 'cancelled', notification: { ...soon(25).notification, body: 'soon 25: not after all' } });
    assert.deepEqual(await announced(), ['soon 25: not after all']);
  },

  async 'where there can be no warnings the page says why, and what would help'() {
    const cannot = [
      ['on an iPhone', /Home Screen/, () => (delete window.PushManager, Object.defineProperty(navigator, 'userAgent', { value: 'iPhone' }))],
      ['in a browser without push', /cannot receive warnings/, () => delete window.PushManager],
    ];
    for (const [where, words, without] of cannot) {
      const there = await Visit.begin(browser, url, { width: 360, height: 740 });
      await there.page.evaluateOnNewDocument(without);
      await there.go('/?lang=en');
      await there.until(() => document.querySelector('.watch .notice'));
      assert.match(await there.text('.watch .notice'), words);
      await there.accessible(where);
      await there.fits(where);
      await there.end();
    }
    // whoever says no hears how to change their mind, and nothing is kept of them
    const denied = await Visit.begin(browser, url, { width: 360, height: 740 });
    await denied.page.browserContext().overridePermissions(url, []);
    await denied.go(`/?lang=en${carried(BUS)}`);
    await denied.until(() => document.querySelector('#answer'));
    await denied.press('Warn me about this trip');
    await denied.until(() => document.querySelector('.watch [role=alert]'));
    assert.match(await denied.text('.watch [role=alert]'), /Notifications are blocked/);
    await denied.accessible('notifications are blocked');
    await denied.fits('notifications are blocked');
    await denied.end();
  },
};

try {
  await follow(steps);
} finally {
  await browser.close();
  await cordon.stop();
}
