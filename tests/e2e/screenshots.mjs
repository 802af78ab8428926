// Pictures of the page: `node screenshots.mjs PROGRAM FOLDER`. Three languages, two widths, light and dark.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'cordon-'));
const cordon = await Cordon.start(program, data);
const url = cordon.address;
const browser = await launchers.chromium();
try {
  for (const scheme of ['light', 'dark']) {
    for (const width of [360, 1280]) {
      for (const lang of ['en', 'ko', 'km']) {
        const visit = await Visit.begin(browser, url, { width, height: 800 });
        await visit.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        const shoot = async (state) => {
          await visit.page.evaluate(() => document.fonts.ready);
          await visit.page.screenshot({ path: join(folder, `${state}-${lang}-${width}-${scheme}.png`), fullPage: true });
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
        await visit.go(`/advisories/kr-mofa:kh-poipet?lang=${lang}`);
        await shoot('advisory');
        await visit.page.browserContext().close();
      }
    }
  }
} finally {
  await browser.close();
  await cordon.stop();
  rmSync(data, { recursive: true, force: true });
}
