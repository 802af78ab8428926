// How good the page is by Lighthouse's rules, and how soon it can be used: `node quality.mjs PROGRAM FOLDER`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { follow } from './steps.mjs';
import { Visit } from './visit.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const entry = pathToFileURL(require.resolve('lighthouse'));
const { default: lighthouse } = await import(entry);
const { pageFunctions } = await import(new URL('lib/page-functions.js', entry));
const [program, data] = process.argv.slice(2);
const LEAST = 95;
/**
 * A telephone on a fair mobile connection, reckoned as Lighthouse does and not by the clock, since a clock also tells what else this machine
 * does: its "slow 4G", two round trips for the document and for what it names, and the processor time that the page takes on a telephone of
 * the middle by Lighthouse's own index of speed (125 to 800).
 */
const ROUND_TRIP_MS = 150;
const BYTES_PER_MS = (1.6 * 1024 * 1024) / 8 / 1000;
const TELEPHONE = 400;
const SOON_MS = 1000;

const cordon = await Cordon.start(program, data);
const browser = await launchers.chromium();

async function scores(path, formFactor) {
  const mobile = formFactor === 'mobile';
  const screen = mobile ? { mobile, width: 360, height: 740, deviceScaleFactor: 2 } : { mobile, width: 1280, height: 900, deviceScaleFactor: 1 };
  const flags = { port: Number(new URL(browser.wsEndpoint()).port), logLevel: 'error', onlyCategories: ['accessibility', 'best-practices'], formFactor, screenEmulation: screen, throttlingMethod: 'provided' };
  const { lhr } = await lighthouse(cordon.address + path, flags);
  const asked = lhr.audits['network-requests']?.details.items.map(({ url }) => new URL(url)) ?? [];
  for (const { protocol, origin } of asked) assert.ok(!/^https?:/.test(protocol) || origin === cordon.address, `a request to ${origin}`);
  return Object.values(lhr.categories).map(({ title, score, auditRefs }) => {
    const wrong = auditRefs.flatMap(({ id, weight }) => (weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1 ? [`${id}: ${lhr.audits[id].title}`] : []));
    return { title, score: Math.round(score * 100), wrong };
  });
}

const steps = Object.fromEntries(
  ['/?lang=en', '/advisories?lang=en', '/advisories/kr-mofa:kh-poipet?lang=en'].flatMap((path) =>
    ['mobile', 'desktop'].map((formFactor) => [
      `Lighthouse finds ${path} good on a ${formFactor}`,
      async () => {
        for (const { title, score, wrong } of await scores(path, formFactor)) {
          console.log(`      ${title} ${score}`);
          assert.ok(score >= LEAST, `${title} ${score}: ${wrong.join('; ')}`);
        }
      },
    ]),
  ),
);

steps['on a telephone the page can be used within a second'] = async () => {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const visit = await Visit.begin(browser, cordon.address, { width: 360, height: 740 });
    const cdp = await visit.page.createCDPSession();
    await cdp.send('Network.enable');
    await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    const asked = [];
    cdp.on('Network.requestWillBeSent', ({ request, initiator }) => asked.push({ name: request.url, ...initiator }));
    // from the navigation until somebody can type where they go
    await visit.page.evaluateOnNewDocument(() => {
      const look = () => {
        const field = document.querySelector('form.trip [role=combobox]');
        if (!field?.getClientRects().length) return requestAnimationFrame(look);
        requestAnimationFrame(() => {
          const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
          window.loaded = loaded.map(({ name, transferSize }) => ({ name, transferSize }));
        });
      };
      look();
    });
    await visit.go('/?lang=en');
    await visit.until(() => window.loaded);
    const { metrics } = await cdp.send('Performance.getMetrics');
    const busy = metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
    const [document, ...others] = await visit.page.evaluate(() => window.loaded);
    const named = others.filter(({ name }) => /\.(js|css|woff2)$/.test(name));
    // a file that another file names, and not the document, would be a third round trip
    for (const { name } of named) {
      const { type, url } = asked.find((one) => one.name === name);
      assert.deepEqual([type, url], ['parser', document.name], `who asks for ${name}`);
    }
    const bytes = [document, ...named].reduce((sum, { transferSize }) => sum + transferSize, 0);
    const index = await visit.page.evaluate(`(${pageFunctions.computeBenchmarkIndex})()`);
    const [line, processor] = [2 * ROUND_TRIP_MS + bytes / BYTES_PER_MS, (busy * index) / TELEPHONE];
    console.log(`      ${Math.round(line)} ms of line, ${Math.round(processor)} ms of processor (${Math.round(busy)} ms here, index ${Math.round(index)})`);
    times.push(line + processor);
    const field = await visit.field('Place 1');
    await field.type('x');
    assert.equal(await field.evaluate((one) => one.value), 'x');
    await visit.end();
  }
  // other work takes from caches and clock rates too, and so adds to a time
  assert.ok(Math.min(...times) <= SOON_MS, `usable after ${Math.round(Math.min(...times))} ms`);
};

try {
  await follow(steps, { others: true });
} finally {
  await browser.close();
  await cordon.stop();
}
