// The operator's own tiles under the advisories: `node tiles.mjs PROGRAM FOLDER`. In Chromium, which draws maps without a display.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchers } from './browsers.mjs';
import { Cordon, freePort } from './cordon.mjs';
import { follow } from './steps.mjs';
import { archive, picture, square, TileHost } from './tiles-archive.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, data] = process.argv.slice(2);
const MAGENTA = picture([255, 0, 255]);
const file = join(data, 'pictures.pmtiles');
writeFileSync(file, archive(MAGENTA, { kind: 2, attribution: 'its own' }));
const host = await TileHost.start({
  '/pictures.png': MAGENTA,
  '/vectors.mvt': square('water'),
  '/world.pmtiles': archive(square('water'), { kind: 1, attribution: '© <a href="https://tiles.example.org/copyright">Drawers</a><script>alert(1)</script>' }),
});
const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const WIDER = STRICT.replace("connect-src 'self'", `connect-src 'self' ${host.origin}`);
const browser = await launchers.chromium();

/** Magenta, as calm as the page makes it; and the sea of the bundled map, where it has land. */
const looks = {
  pictures: ([red, green, blue]) => red > green + 60 && blue > green + 60,
  water: ([red, green, blue]) => Math.abs(red - 0xdc) + Math.abs(green - 0xe8) + Math.abs(blue - 0xef) < 12,
};

/** How much of what the map shows looks so. */
async function share(visit, look) {
  const shot = await (await visit.page.$('.frame')).screenshot({ encoding: 'base64' });
  const pixels = await visit.page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const draw = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height }).getContext('2d');
    draw.drawImage(image, 0, 0);
    const { data } = draw.getImageData(0, 0, image.width, image.height);
    return Array.from({ length: 4000 }, (_, i) => Array.from(data.slice(Math.floor((i * data.length) / 16000) * 4, Math.floor((i * data.length) / 16000) * 4 + 3)));
  }, shot);
  return pixels.filter(look).length / pixels.length;
}

async function drawn(visit, look) {
  // on a day of which nothing is known no advisory lies over them
  await visit.set('In force on', '2001-01-01');
  await visit.until(() => document.querySelectorAll('.map-list li').length === 0);
  let seen;
  for (let tries = 0; tries < 60; tries++) {
    seen = await share(visit, look);
    if (seen > 0.6) return;
    await visit.page.evaluate(() => new Promise((next) => setTimeout(next, 250)));
  }
  throw new Error(`the tiles cover ${(seen * 100).toFixed(1)} % of the map`);
}

/** Runs with the program serving these tiles. */
async function served(settings, run) {
  const cordon = await Cordon.start(program, data, settings);
  try {
    await run(cordon);
  } finally {
    await cordon.stop();
  }
}

/** Opens the map of the trip. */
async function open(cordon, also = []) {
  const visit = await Visit.begin(browser, cordon.address);
  visit.also = also;
  host.heard = [];
  const answer = await visit.go(`/?lang=en${carried(BUS)}`);
  await visit.until(() => document.querySelector('#answer'));
  assert.deepEqual(host.heard, [], 'nobody else is asked before the map is opened');
  await visit.press('Show the map');
  await visit.until(() => document.querySelector('.frame[data-ready=true]') && document.querySelectorAll('.map-list li').length > 10);
  return { visit, policy: answer.headers()['content-security-policy'] };
}

const steps = {
  async 'without tiles the policy names no host'() {
    await served([], async (cordon) => {
      const { visit, policy } = await open(cordon);
      assert.equal(policy, STRICT);
      assert.ok((await share(visit, looks.pictures)) < 0.05);
      assert.equal(await visit.text('.credit'), '');
      await visit.end();
    });
  },

  async 'an archive in a file is served by this service, and nobody else is asked'() {
    await served(['--tiles', file, '--tiles-attribution', 'Made for the <b>test</b>'], async (cordon) => {
      const { visit, policy } = await open(cordon);
      assert.equal(policy, STRICT);
      await drawn(visit, looks.pictures);
      assert.equal(await visit.text('.credit'), 'Made for the test');
      await visit.accessible('tiles of pictures');
      await visit.end();
    });
  },

  async 'an archive of vector tiles at another host: its policy names that host, and pages without a map name none'() {
    await served(['--tiles', `${host.origin}/world.pmtiles`], async (cordon) => {
      const { visit, policy } = await open(cordon, [host.origin]);
      assert.equal(policy, WIDER);
      await drawn(visit, looks.water);
      assert.ok(host.heard.every(({ path, headers }) => path === '/world.pmtiles' && headers.range && !headers.referer && !headers.cookie), JSON.stringify(host.heard));
      // the archive says whom it is owed to
      assert.equal(await visit.text('.credit'), '© Drawers');
      assert.equal(await visit.page.$eval('.credit a', (link) => link.href), 'https://tiles.example.org/copyright');
      assert.match(await visit.text('.map-panel'), new RegExp(`comes from ${new URL(host.origin).host}, which sees the part of the map`));
      await visit.accessible('vector tiles');
      const other = await visit.go('/advisories?lang=en');
      assert.equal(other.headers()['content-security-policy'], STRICT);
      await visit.end();
    });
  },

  async 'a template of pictures, or of vector tiles, at another host'() {
    for (const [name, look] of [['pictures.png', looks.pictures], ['vectors.mvt', looks.water]]) {
      await served(['--tiles', `${host.origin}/{z}/{x}/{y}/${name}`], async (cordon) => {
        const { visit, policy } = await open(cordon, [host.origin]);
        assert.equal(policy, WIDER);
        await drawn(visit, look);
        assert.ok(host.heard.length > 1 && host.heard.every(({ path }) => new RegExp(`^/\\d+/\\d+/\\d+/${name}$`).test(path)), JSON.stringify(host.heard));
        await visit.end();
      });
    }
  },

  async 'whoever checks on the device tells no host where they look'() {
    await served(['--tiles', file], async (cordon) => {
      const visit = await Visit.begin(browser, cordon.address);
      await visit.go('/?lang=en');
      await visit.page.evaluate((trip) => (localStorage.setItem('cordon.private', '1'), localStorage.setItem('cordon.trip', trip)), JSON.stringify(BUS));
      await visit.page.reload();
      await visit.until(() => document.querySelector('form.trip'));
      const asked = [];
      visit.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await visit.press('Show the map');
      await visit.until(() => document.querySelector('.frame[data-ready=true]'));
      assert.ok(asked.length > 0 && asked.every((path) => !/basemap/.test(path)), asked.join());
      assert.ok((await share(visit, looks.pictures)) < 0.05);
      await visit.end();
    });
  },

  async 'where tiles cannot be had the outlines stand in for them, and it is said'() {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    for (const path of ['{z}/{x}/{y}.png', 'world.pmtiles']) {
      await served(['--tiles', `${nowhere}/${path}`], async (cordon) => {
        const { visit } = await open(cordon, [nowhere]);
        await visit.until(() => /Outlines stand in for it/.test(document.querySelector('.map-panel').textContent));
        await visit.accessible('no tiles');
        visit.wrong = visit.wrong.filter((one) => !/ERR_CONNECTION_REFUSED/.test(one));
        await visit.end();
      });
    }
  },

  async 'a page that is kept on a device learns of new tiles, when its reader takes the newer version'() {
    const listen = `127.0.0.1:${await freePort()}`;
    let cordon = await Cordon.start(program, data, [], listen);
    const visit = await Visit.begin(browser, cordon.address);
    visit.also = [host.origin];
    await visit.go('/?lang=en');
    await visit.until(() => navigator.serviceWorker.controller?.state === 'activated');
    await cordon.stop();
    cordon = await Cordon.start(program, data, ['--tiles', `${host.origin}/{z}/{x}/{y}/pictures.png`], listen);
    try {
      await visit.page.reload();
      await visit.until(() => document.querySelector('.news'));
      const loaded = visit.page.waitForNavigation();
      await visit.press('Use it now');
      await loaded;
      await visit.until(() => document.querySelector('form.trip'));
      await visit.press('Show the map');
      await visit.until(() => document.querySelector('.frame[data-ready=true]'));
      await drawn(visit, looks.pictures);
      await visit.end();
    } finally {
      await cordon.stop();
    }
  },
};

try {
  await follow(steps, { others: true });
} finally {
  await browser.close();
  host.stop();
}
