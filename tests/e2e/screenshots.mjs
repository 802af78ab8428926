// Pictures of the page: `node screenshots.mjs PROGRAM FOLDER`. Three languages, two widths, light and dark.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launchers } from './browsers.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'cordon-'));
const server = spawn(program, ['serve', '--listen', '127.0.0.1:0', '--log-filter', 'warn', '--data-dir', data], { stdio: ['ignore', 'pipe', 'inherit'] });
const lines = createInterface({ input: server.stdout });
const url = await new Promise((heard) => lines.once('line', (line) => heard(line.replace('listening on ', '').trim())));
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
  server.kill();
  rmSync(data, { recursive: true, force: true });
}
