// The page without a network, and a newer version of it: `node offline.mjs PROGRAM FOLDER chromium|firefox`.
import assert from 'node:assert/strict';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { Line } from './offline-line.mjs';
import { follow } from './steps.mjs';
import { BUS, Visit } from './visit.mjs';

const [program, data, name] = process.argv.slice(2);
const cordon = await Cordon.start(program, data);
const line = await Line.to(cordon.address);
const browser = await launchers[name]();
const page = await browser.newPage();
await page.setViewport({ width: 360, height: 740 });
const visit = new Visit(browser, page, line.address);

/** As somebody who typed it would have it on the device. */
const have = (trip) => page.evaluate((text) => localStorage.setItem('cordon.trip', text), JSON.stringify(trip));
/** Makes everything that is kept as old as that. */
const age = (hours) =>
  page.evaluate(
    (ms) =>
      new Promise((done, failed) => {
        indexedDB.open('cordon').onsuccess = ({ target }) => {
          const documents = target.result.transaction('documents', 'readwrite').objectStore('documents');
          documents.get('kept').onsuccess = ({ target: { result } }) => {
            for (const one of [...result.answers, ...Object.values(result.countries)]) one.at = new Date(Date.parse(one.at) - ms).toISOString();
            const put = documents.put(result, 'kept');
            put.onsuccess = () => (target.result.close(), done());
            put.onerror = () => failed(put.error);
          };
        };
      }),
    hours * 3_600_000,
  );
let said;

const served = () => visit.until(() => navigator.serviceWorker.controller?.state === 'activated');
/** How the browser's workers stand, for whoever reads of a step that failed. */
const workers = () => page.evaluate(async () => JSON.stringify((await navigator.serviceWorker.getRegistrations()).map(({ installing, waiting, active }) => [installing?.state, waiting?.state, active?.state])));

const steps = {
  async 'a line that breaks while the page is fetched ahead is tried again'() {
    line.broken = 1;
    await visit.go('/?lang=en');
    await served();
    assert.equal(line.broken, 0);
  },

  async 'a page that no worker serves is served from then on'() {
    // what a browser does when somebody reloads with the shift key held
    if (name !== 'chromium') return;
    const devtools = await page.createCDPSession();
    const loaded = page.waitForNavigation();
    await devtools.send('Page.reload', { ignoreCache: true });
    await loaded;
    await served();
    await devtools.detach();
  },

  async 'an answer is kept with what helps there'() {
    await visit.go('/?lang=en');
    await have(BUS);
    await page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    said = await visit.check();
    assert.match(said, /^Prohibited/);
    await visit.until(() => /This answer, \d+ advisories for Thailand and Cambodia/.test(document.querySelector('.kept')?.textContent ?? ''));
    await served();
    await visit.until(() => document.querySelector('.help a[href^="tel:+"]') && document.fonts.status === 'loaded');
    await visit.accessible('kept');
    await visit.fits('kept');
  },

  async 'without a network the page opens, and says from when its answer is'() {
    line.cut = true;
    await page.reload();
    await visit.until(() => document.querySelector('.data-from'));
    assert.match(await visit.text('.data-from'), /^No connection. Data from .*\d{4}.* kept on this device/);
    assert.equal(await page.evaluate(() => document.querySelector('.data-from').classList.contains('old')), false);
    assert.equal(await visit.sentence(), said);
    await visit.until(() => document.querySelector('.help a[href^="tel:+855"]'));
    await visit.press(await page.evaluate(() => [...document.querySelectorAll('.kept summary')].find((one) => one.textContent.includes('Cambodia')).textContent));
    assert.match(await visit.text('.kept [open]'), /Poipet city.*The ban has ended, the danger has not/);
    await visit.accessible('without a network');
    await visit.fits('without a network');
  },

  async 'an advisory is read as it was kept'() {
    await visit.go('/advisories/kr-mofa:kh-poipet?lang=en');
    await visit.until(() => document.querySelector('.one'));
    assert.match(await visit.text('.one'), /Poipet city.*The ban has ended.*Read it at the issuer/);
    assert.match(await visit.text('.data-from'), /Data from/);
    await visit.accessible('an advisory without a network');
    await visit.fits('an advisory without a network');
    await visit.go('/advisories/kr-mofa:nowhere?lang=ko');
    await visit.until(() => document.querySelector('main'));
    assert.match(await visit.text('main'), /보관되어 있지 않습니다/);
    await visit.go('/advisories?lang=en');
    await visit.until(() => document.querySelectorAll('main .advisories li').length > 3 && document.querySelector('main a[href^="tel:"]'));
    await visit.accessible('the list without a network');
  },

  async 'what is older than a day says so, and another trip finds what is kept'() {
    await age(25);
    await visit.go('/?lang=en');
    await visit.until(() => document.querySelector('.data-from.old'));
    assert.match(await visit.text('.data-from'), /older than a day/);
    await visit.accessible('old data');
    const other = structuredClone(BUS);
    other.stops[1].depart.date = '2025-10-29';
    await have(other);
    await page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    await visit.until(() => document.querySelector('.failure') && document.querySelector('[aria-labelledby=kept-answers] button'));
    await visit.press('Check this trip');
    await visit.until(() => document.querySelector('.failure'));
    await visit.accessible('nothing kept for this trip');
    await visit.press(await page.evaluate(() => document.querySelector('[aria-labelledby=kept-answers] button').textContent));
    await visit.until(() => document.querySelector('.data-from'));
    assert.equal(await visit.sentence(), said);
  },

  async 'with the network back it asks again'() {
    line.cut = false;
    await visit.press('Try again');
    await visit.until(() => document.querySelector('#answer') && !document.querySelector('.data-from'));
    // what a browser writes about a cut line is no mistake of the page
    visit.wrong = visit.wrong.filter((one) => !/Failed to load|download failed|NetworkError|ERR_|network/i.test(one));
    assert.deepEqual(visit.wrong, []);
  },

  async 'a newer version is announced, and comes when it is asked for'() {
    await page.evaluate(() => (window.still = 'here'));
    line.newer = true;
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
    await visit.until(() => document.querySelector('.news'));
    assert.match(await visit.text('.news'), /A newer version of this page is ready/);
    await visit.accessible('a newer version waits');
    await visit.fits('a newer version waits');
    assert.equal(await page.evaluate(() => window.still), 'here', 'nothing is forced');
    const loaded = page.waitForNavigation();
    await visit.press('Use it now');
    await loaded;
    await visit.until(() => document.querySelector('form.trip') && !document.querySelector('.news'));
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.ready).waiting), null);
    assert.deepEqual(visit.wrong, []);
  },

  async 'what is kept can be removed'() {
    await visit.check();
    await visit.until(() => document.querySelector('.kept'));
    await visit.press('Remove what is kept');
    await visit.until(() => !document.querySelector('.kept'));
    line.cut = true;
    await page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    assert.equal(await visit.sentence(), '');
  },
};

try {
  await follow(steps, { state: async () => [`the page: ${page.url()} ${(await visit.text('.result').catch(() => '')).slice(0, 600)} ${visit.wrong}`, `its workers: ${await workers().catch(() => '?')}`] });
} finally {
  await browser.close();
  line.close();
  await cordon.stop();
}
