// Pictures of the page: `node screenshots.mjs PROGRAM FOLDER`. Three languages, two widths, light and dark.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { Line } from './offline-line.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'cordon-'));
const cordon = await Cordon.start(program, data);
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
try {
  for (const scheme of ['light', 'dark']) {
    for (const width of [360, 1280]) {
      for (const lang of ['en', 'ko', 'km']) {
        const visit = await Visit.begin(browser, url, { width, height: 800 });
        await visit.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await visit.page.browserContext().overridePermissions(url, ['notifications']);
        const shoot = async (state, part) => {
          await visit.page.evaluate(() => document.fonts.ready);
          const what = part ? await visit.page.$(part) : visit.page;
          await what.screenshot({ path: join(folder, `${state}-${lang}-${width}-${scheme}.png`), fullPage: !part || undefined });
        };
        await visit.go(`/?lang=${lang}`);
        await visit.until(() => document.querySelector('form.trip'));
        await shoot('empty');
        await visit.go(`/?lang=${lang}${carried(BUS)}`);
        await visit.until(() => document.querySelector('#answer'));
        await visit.page.click('.map button');
        await visit.until(() => document.querySelector('.frame[data-ready=true]') && document.querySelectorAll('.map-list li').length > 10);
        // the map draws its fills after the list is there
        await visit.page.evaluate(() => new Promise((drawn) => requestIdleCallback(() => requestAnimationFrame(drawn), { timeout: 4000 })));
        await shoot('answer');
        await watching(visit);
        await visit.page.reload();
        await visit.until(() => document.querySelector('.watched'));
        await visit.page.$eval('.watch', (section) => section.scrollIntoView());
        await shoot('watching', '.watch');
        await visit.until(() => navigator.serviceWorker.controller?.state === 'activated' && document.querySelector('form.trip'));
        line.cut = true;
        await visit.page.reload();
        await visit.until(() => document.querySelector('.data-from'));
        await shoot('offline');
        await visit.go(`/advisories/kr-mofa:kh-poipet?lang=${lang}`);
        await visit.until(() => document.querySelector('.one'));
        await shoot('advisory-offline');
        line.cut = false;
        await visit.go(`/advisories/kr-mofa:kh-poipet?lang=${lang}`);
        await shoot('advisory');
        await visit.page.browserContext().close();
      }
    }
  }
} finally {
  await browser.close();
  line.close();
  await cordon.stop();
  rmSync(data, { recursive: true, force: true });
}
