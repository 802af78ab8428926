// The page as people have their machines set: dark, in forced colours, without motion, with large letters. `node modes.mjs PROGRAM FOLDER
// chromium|firefox`; Chromium is told by its protocol and arguments, Firefox by its preferences.
import assert from 'node:assert/strict';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { follow } from './steps.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, data, name] = process.argv.slice(2);
const cordon = await Cordon.start(program, data);
const url = cordon.address;

const MODES = {
  dark: { query: '(prefers-color-scheme: dark)', feature: ['prefers-color-scheme', 'dark'], preferences: { 'layout.css.prefers-color-scheme.content-override': 0 } },
  'forced colours': { query: '(forced-colors: active)', feature: ['forced-colors', 'active'], preferences: { 'browser.display.document_color_use': 2 } },
  'no motion': { query: '(prefers-reduced-motion: reduce)', feature: ['prefers-reduced-motion', 'reduce'], preferences: { 'ui.prefersReducedMotion': 1 } },
  'letters of twice the size': { preferences: { 'font.size.variable.x-western': 32 }, argument: '--blink-settings=defaultFontSize=32' },
};

/** A browser in that mode, with a page at which it is sure to hold. */
async function set(mode) {
  const { feature, preferences, argument } = MODES[mode];
  const browser = await (name === 'firefox' ? launchers.firefox(preferences) : launchers.chromium(...(argument ? [argument] : [])));
  const begin = async (size) => {
    const visit = await Visit.begin(browser, url, size);
    if (name === 'chromium' && feature) {
      const cdp = await visit.page.createCDPSession();
      await cdp.send('Emulation.setEmulatedMedia', { features: [{ name: feature[0], value: feature[1] }] });
    }
    return visit;
  };
  return { browser, begin };
}

/** Every kind of page, each looked at. */
async function walk(mode, look) {
  const { browser, begin } = await set(mode);
  try {
    const visit = await begin({ width: 1280, height: 900 });
    const at = async (state) => {
      const { query } = MODES[mode];
      assert.ok(await visit.page.evaluate((query) => (query ? matchMedia(query).matches : parseFloat(getComputedStyle(document.documentElement).fontSize) === 32), query), `${mode} is not on`);
      await visit.accessible(`${state}, ${mode}`);
      await visit.fits(`${state}, ${mode}`);
      await look(visit, state);
    };
    await visit.go('/?lang=en');
    await visit.until(() => document.querySelector('form.trip'));
    await at('empty');
    await visit.go(`/?lang=en${carried(BUS)}`);
    await visit.until(() => document.querySelector('#answer') && document.querySelector('.help a'));
    await at('answer');
    await visit.press('Show the map');
    await visit.until(() => document.querySelectorAll('.map-list li').length > 10 && (document.querySelector('.frame[data-ready=true]') || document.querySelector('.map [role=alert]')));
    await at('map');
    for (const path of ['/advisories?lang=en', '/advisories/kr-mofa:kh-poipet?lang=en']) {
      await visit.go(path);
      await at(path);
    }
    await visit.end();
  } finally {
    await browser.close();
  }
}

const steps = {
  async 'dark'() {
    await walk('dark', async (visit, state) => {
      const [red, green, blue] = await visit.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number));
      assert.ok(red + green + blue < 150, `${state} is not dark`);
    });
  },

  async 'forced colours: levels keep their own, with pattern and word, and everything else takes the reader\'s'() {
    await walk('forced colours', async (visit, state) => {
      const seen = await visit.page.evaluate(() => ({
        swatches: [...document.querySelectorAll('svg.swatch')].map((one) => [getComputedStyle(one).forcedColorAdjust, one.querySelector('rect')?.getAttribute('fill')]),
        // what can be pressed has an edge that can be seen
        bare: [...document.querySelectorAll('button:not(.plain, [class*=maplibregl]), select, input:not([type=range], [type=checkbox])')].filter((one) => one.getClientRects().length && !parseFloat(getComputedStyle(one).borderTopWidth)).map((one) => one.outerHTML.slice(0, 80)),
        unworded: [...document.querySelectorAll('.verdict')].filter((one) => !one.textContent.trim()).length,
      }));
      assert.ok(seen.swatches.every(([adjust, fill]) => adjust === 'none' && fill), `${state}: ${JSON.stringify(seen.swatches)}`);
      assert.deepEqual([seen.bare, seen.unworded], [[], 0], state);
    });
  },

  async 'no motion: nothing moves by itself'() {
    await walk('no motion', async (visit, state) => {
      const moving = await visit.page.evaluate(() => [
        getComputedStyle(document.documentElement).scrollBehavior,
        document.getAnimations().length,
        [...document.querySelectorAll('*')].filter((one) => !one.closest('.maplibregl-map') && getComputedStyle(one).transitionDuration.split(', ').some((time) => parseFloat(time) > 0)).length,
      ]);
      assert.deepEqual(moving, ['auto', 0, 0], state);
    });
  },

  async 'letters of twice the size'() {
    await walk('letters of twice the size', async () => {});
  },
};

try {
  await follow(steps, { others: true });
} finally {
  await cordon.stop();
}
