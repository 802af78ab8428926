// Pictures of the page: `node screenshots.mjs PROGRAM FOLDER`. Three languages, two widths, light and dark; ONLY=ko-360-dark takes those alone.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { Line } from './offline-line.mjs';
import { archive, square } from './tiles-archive.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'cordon-'));
const cordon = await Cordon.start(program, data);
// the same with an operator's tiles: all water, by which they can be told from the outlines
const tileData = mkdtempSync(join(tmpdir(), 'cordon-'));
copyFileSync(join(data, 'areas.kept'), join(tileData, 'areas.kept'));
const tiles = join(tileData, 'water.pmtiles');
writeFileSync(tiles, archive(square('water'), { kind: 1, attribution: '© <a href="https://tiles.example.org/">Drawers</a>' }));
const tiled = await Cordon.start(program, tileData, ['--tiles', tiles]);
// the line can be cut, for the worker too
const line = await Line.to(cordon.address);
const url = line.address;
const browser = await launchers.chromium();

/** As if this browser had subscribed, which Chromium does with its maker's service only; and a trip that the next start finds. */
async function watching({ page }) {
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const { json: own } = await cordon.ask('POST', '/v1/travellers', { body: { nationalities: ['KR'] } });
  const stops = [{ id: 'a', place: { name: 'Siem Reap', country: 'KH' }, arrive: day(10), depart: day(13) }];
  const { json: saved } = await cordon.ask('POST', `/v1/travellers/${own.id}/itineraries`, { token: own.token, body: { itinerary: { stops } } });
  const trips = [{ id: saved.id, label: 'Bangkok → Siem Reap', plan: '' }];
  const wishes = { minSeverity: 3, issuers: [], upcoming: true };
  const watcher = { traveller: own.id, token: own.token, subscription: 'none', wishes, lang: 'en', trips };
  const keep = (watcher, trip) =>
    new Promise((done) => {
      localStorage.setItem('cordon.trip', trip);
      indexedDB.open('cordon').onsuccess = ({ target }) => {
        target.result.transaction('documents', 'readwrite').objectStore('documents').put(watcher, 'watcher').onsuccess = () => (target.result.close(), done());
      };
    });
  await page.evaluate(keep, watcher, JSON.stringify(BUS));
}
/** Everything that is on its way is there: letters, and what the map draws. */
async function still({ page }) {
  // nothing arrives any more; requests that a worker takes over on the way are never said to have ended
  const arrived = () => page.evaluate(() => new Promise((tell) => setTimeout(() => tell(performance.getEntriesByType('resource').length), 400)));
  for (let before, now = await arrived(); now !== before; ) [before, now] = [now, await arrived()];
  await page.evaluate(async () => {
    do {
      await document.fonts.ready;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    } while (document.fonts.status !== 'loaded');
  });
  const frame = await page.$('.frame');
  for (let before, now; frame && (!now || now !== before); ) {
    before = now;
    await page.evaluate(() => new Promise((idle) => requestIdleCallback(idle, { timeout: 500 })));
    now = await frame.screenshot({ encoding: 'base64' });
  }
}

const openMap = async (visit) => {
  // what arrives above it may move it
  await visit.page.$eval('.map p button', (button) => button.click());
  await visit.until(() => document.querySelector('.frame[data-ready=true]') && document.querySelectorAll('.map-list li').length > 10);
};

/** Every state of one language, width and scheme. */
async function picture(lang, width, scheme) {
  const visit = await Visit.begin(browser, url, { width, height: 800 });
  const { page } = visit;
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.browserContext().overridePermissions(url, ['notifications']);
  const shoot = async (state, part, whole = true) => {
    await still(visit);
    const what = part ? await page.$(part) : page;
    await what.screenshot({ path: join(folder, `${state}-${lang}-${width}-${scheme}.png`), fullPage: part || !whole ? undefined : true });
  };
  await visit.go(`/?lang=${lang}`);
  await visit.until(() => document.querySelector('form.trip'));
  await shoot('empty');
  await visit.go(`/?lang=${lang}${carried(BUS)}`);
  await visit.until(() => document.querySelector('#answer') && document.querySelector('.kept'));
  await shoot('answer');
  await openMap(visit);
  await shoot('map', '.map');
  await page.click('.private input');
  await visit.until(() => document.querySelector('.private .combobox'));
  await shoot('private', '.more');
  await page.click('.private input');
  await watching(visit);
  await page.reload();
  await visit.until(() => document.querySelector('.watched'));
  await page.$eval('.watch', (section) => section.scrollIntoView());
  await shoot('watching', '.watch');
  await visit.until(() => navigator.serviceWorker.controller?.state === 'activated' && document.querySelector('form.trip'));
  line.newer = true;
  await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  await visit.until(() => document.querySelector('.news'));
  await page.evaluate(() => scrollTo(0, 0));
  await shoot('update', undefined, false);
  line.newer = false;
  line.cut = true;
  await page.reload();
  await visit.until(() => document.querySelector('.data-from'));
  await shoot('offline', '.result');
  await page.evaluate(older);
  await page.reload();
  await visit.until(() => document.querySelector('.data-from.old'));
  await shoot('offline-old', '.data-from');
  await visit.go(`/advisories/kr-mofa:kh-poipet?lang=${lang}`);
  await visit.until(() => document.querySelector('.one'));
  await shoot('advisory-offline');
  line.cut = false;
  for (const [state, path] of [['advisory', '/advisories/kr-mofa:kh-poipet?'], ['list', '/advisories?country=KH&']]) {
    await visit.go(`${path}lang=${lang}`);
    await shoot(state);
  }
  await page.browserContext().close();
  const there = await Visit.begin(browser, tiled.address, { width, height: 800 });
  await there.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await there.go(`/?lang=${lang}${carried(BUS)}`);
  await there.until(() => document.querySelector('#answer'));
  await openMap(there);
  await still(there);
  await (await there.page.$('.map')).screenshot({ path: join(folder, `tiles-${lang}-${width}-${scheme}.png`) });
  await there.page.browserContext().close();
}

/** Makes what is kept two days old. */
const older = () =>
  new Promise((done) => {
    indexedDB.open('cordon').onsuccess = ({ target }) => {
      const documents = target.result.transaction('documents', 'readwrite').objectStore('documents');
      documents.get('kept').onsuccess = ({ target: { result } }) => {
        for (const one of [...result.answers, ...Object.values(result.countries)]) one.at = new Date(Date.parse(one.at) - 48 * 3_600_000).toISOString();
        documents.put(result, 'kept').onsuccess = () => (target.result.close(), done());
      };
    };
  });

try {
  for (const scheme of ['light', 'dark'])
    for (const width of [360, 1280])
      for (const lang of ['en', 'ko', 'km']) if (`${lang}-${width}-${scheme}`.includes(process.env.ONLY ?? '')) await picture(lang, width, scheme);
} finally {
  await browser.close();
  line.close();
  await cordon.stop();
  await tiled.stop();
  for (const one of [data, tileData]) rmSync(one, { recursive: true, force: true });
}
