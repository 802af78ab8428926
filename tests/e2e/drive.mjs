// Drives a real browser through the page: `node drive.mjs PROGRAM FOLDER chromium|firefox`. Says each step, and ends with 1 if one fails.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { follow } from './steps.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, data, name] = process.argv.slice(2);
const words = Object.fromEntries(['en', 'ko', 'km'].map((lang) => [lang, JSON.parse(readFileSync(new URL(`../../web/words/${lang}.json`, import.meta.url)))]));
const chromium = name === 'chromium';
const FIRST_LOAD = 120 * 1024;

/** The map is there; where a browser has no WebGL (Firefox without a display) the page says so, and everything else of the map is. */
const mapShown = (visit) =>
  chromium
    ? visit.until(() => document.querySelector('.frame[data-ready=true]') && document.querySelectorAll('.map-list li').length > 10)
    : visit.until((said) => document.querySelector('.map [role=alert]')?.textContent === said && document.querySelectorAll('.map-list li').length > 10, words.en['map.failed']);

const cordon = await Cordon.start(program, data);
const url = cordon.address;
const browser = await launchers[name]();

const steps = {
  async 'the page comes small, under a policy without exceptions'() {
    const visit = await Visit.begin(browser, url);
    const answer = await visit.go('/?lang=en');
    const policy = answer.headers()['content-security-policy'];
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    await visit.until(() => document.querySelector('form.trip'));
    const bytes = await visit.page.evaluate(() => performance.getEntries().filter((one) => 'encodedBodySize' in one).reduce((sum, one) => sum + one.encodedBodySize, 0));
    assert.ok(bytes > 0 && bytes <= FIRST_LOAD, `${bytes} bytes before the map`);
    await visit.accessible('empty');
    await visit.end();
  },

  async 'a trip is typed, its road drawn, the answer read'() {
    const visit = await Visit.begin(browser, url);
    await visit.go('/?lang=en');
    await visit.choose('Place 1', 'bangk', 'Bangkok');
    await (await visit.field('Place 2')).type('siem re');
    await visit.until(() => document.querySelectorAll('[role=option]').length > 1);
    await visit.accessible('suggestions open');
    await visit.choose('Place 2', 'siem re', 'Siem Reap');
    await visit.set('Bangkok: Leave, date', '2025-10-20');
    await visit.set('Siem Reap: Arrive, date', '2025-10-20');
    await visit.set('From Bangkok to Siem Reap, by', 'rail');
    await visit.choose('Nationality', 'south ko', 'South Korea');
    // without a road there is no evidence, and the page says what would settle it
    assert.match(await visit.check(), /^Indeterminate for passports of South Korea/);
    assert.match(await visit.text('.gap'), /Draw the road on the map/);
    await visit.accessible('indeterminate');
    await visit.set('From Bangkok to Siem Reap, by', 'bus');

    await visit.press('Draw the road');
    await mapShown(visit);
    await visit.choose('Or add a place that the road passes', 'aranya', 'Aranyaprathet');
    // the field is emptied with the bend that it adds: what is typed before that is lost
    await visit.until(() => document.querySelector('.task').textContent.includes('1 bend'));
    await visit.choose('Or add a place that the road passes', 'poipet', 'Poipet');
    await visit.until(() => document.querySelector('.task').textContent.includes('2 bends'));
    if (chromium) {
      // by a tap, and by the cross
      const canvas = await visit.page.$('.frame canvas');
      for (const add of [() => canvas.click(), async () => (await canvas.focus(), visit.page.keyboard.press('Enter'))]) {
        await add();
        await visit.until(() => document.querySelector('.task').textContent.includes('3 bends'));
        await visit.press('Take back the last');
      }
    }
    await visit.accessible('drawing');
    await visit.press('Done');
    await visit.until(() => document.querySelector('.road').textContent.includes('The road is drawn'));
    const sentence = await visit.check();
    assert.match(sentence, /^Prohibited for passports of South Korea: the way by bus passes Poipet.* for \d+(\.\d)? km on October 20, 2025\.$/);
    const leg = await visit.page.evaluate(() => document.querySelector('[data-advisory="kr-mofa:kh-poipet"]').textContent);
    for (const part of ['Travel ban', '여행금지', 'Passport Act', 'applies to you', 'In force since', 'Read it at the issuer']) assert.ok(leg.includes(part), `no ${part} in ${leg}`);
    await visit.until(() => document.activeElement.id === 'answer');
    await visit.accessible('prohibited, with the map');

    // another passport, another government
    await visit.press('Remove South Korea');
    await visit.choose('Nationality', 'united st', 'United States');
    assert.match(await visit.check(), /for passports of United States/);
    assert.match(await visit.text('.issuers'), /Department of State/);
    assert.doesNotMatch(await visit.text('.issuers'), /Korea/);
    // and another day: before the ban
    await visit.press('Remove United States');
    await visit.until(() => !document.querySelector('.nationalities .chips'));
    await visit.choose('Nationality', 'south ko', 'South Korea');
    assert.equal(await visit.page.evaluate(() => document.querySelectorAll('.nationalities .chips li').length), 1, 'passports');
    await visit.set('Bangkok: Leave, date', '2025-10-10');
    await visit.set('Siem Reap: Arrive, date', '2025-10-10');
    const earlier = await visit.check();
    assert.match(earlier, /for passports of South Korea/);
    assert.doesNotMatch(earlier, /Prohibited/);

    // who writes on beside an answer is not carried away to it
    const place = await visit.field('Place 1');
    await place.click();
    await place.type(' x');
    assert.equal(await place.evaluate((one) => one === document.activeElement && one.value), 'Bangkok x');
    await visit.choose('Place 1', 'bangk', 'Bangkok');

    // the trip stays on the device, and goes with a link
    await visit.page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    assert.equal(await (await visit.field('Place 2')).evaluate((one) => one.value), 'Siem Reap');
    await visit.end();
  },

  async 'a link carries the trip; the page speaks three languages'() {
    const visit = await Visit.begin(browser, url);
    await visit.go(`/?lang=en${carried(BUS)}`);
    await visit.until(() => document.querySelector('#answer'));
    assert.match(await visit.sentence(), /24\.3 km on October 20, 2025/);
    await visit.until(() => document.querySelector('.help a[href^="tel:+"]'));
    assert.equal(await visit.page.evaluate(() => location.hash), '');
    for (const lang of ['ko', 'km', 'en']) {
      const before = await visit.sentence();
      await visit.page.select('#language', lang);
      await visit.until((old) => document.querySelector('#answer').textContent !== old, before);
      assert.equal(await visit.page.evaluate(() => document.documentElement.lang), lang);
      assert.equal(await visit.text('h1'), words[lang]['page.heading']);
      assert.ok((await visit.sentence()).startsWith(words[lang]['verdict.prohibited']));
      await visit.accessible(lang);
    }
    // what the ministry wrote stays in its language, and is marked
    await visit.page.select('#language', 'ko');
    await visit.until(() => document.querySelector('[data-advisory="kr-mofa:kh-poipet"] .said')?.lang === 'ko');
    await visit.page.select('#language', 'km');
    await visit.until(() => document.querySelector('[data-advisory="kr-mofa:kh-poipet"] .said')?.lang === 'en');
    await visit.until(() => document.fonts.check('16px "Noto Sans Khmer"', 'ក'));
    await visit.end();
  },

  async 'the map and its list say the same, by issuer and day'() {
    const visit = await Visit.begin(browser, url);
    await visit.go(`/?lang=en${carried(BUS)}`);
    await visit.until(() => document.querySelector('#answer'));
    await visit.press('Show the map');
    await mapShown(visit);
    assert.equal(await (await visit.field('Whose advisories')).evaluate((one) => one.value), 'kr-mofa');
    assert.match(await visit.text('.map-list li'), /Poipet city.*Travel ban/);
    assert.match(await visit.text('.legend'), /Travel ban/);
    await visit.press('Poipet city4 · Travel ban');
    await visit.until(() => document.querySelector('.map-list .picked')?.getAttribute('aria-pressed') === 'true');
    await visit.accessible('map with a choice');
    await visit.set('In force on', '2025-10-10');
    await visit.until(() => !/Poipet city4/.test(document.querySelector('.map-list').textContent));
    await visit.set('Whose advisories', 'us-state');
    await visit.until(() => document.querySelector('.map-list').textContent.includes('Do Not Travel'));
    await visit.end();
  },

  async 'everything can be done with the keyboard alone'() {
    const visit = await Visit.begin(browser, url);
    await visit.go('/?lang=en');
    await visit.until(() => document.querySelector('form.trip'));
    const keyboard = visit.page.keyboard;
    /** Tabs to the next element that is called so, or back to it. */
    const to = async (wanted, back = false) => {
      const seen = [];
      if (back) await keyboard.down('Shift');
      for (let i = 0; i < 90 && seen.at(-1) !== wanted; i++) {
        await keyboard.press('Tab');
        const called = await visit.page.evaluate(() => {
          const one = document.activeElement;
          return one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent;
        });
        seen.push(called.trim());
      }
      if (back) await keyboard.up('Shift');
      assert.equal(seen.at(-1), wanted, `no way by Tab: ${seen.join(' → ')}`);
      // where one is can be seen
      assert.ok(await visit.page.evaluate(() => document.activeElement.matches(':focus-visible')), `${wanted} has the focus, and does not show it`);
    };
    const choose = async (typed) => {
      await keyboard.type(typed);
      await visit.until(() => document.activeElement.getAttribute('aria-expanded') === 'true' && document.querySelectorAll('[role=listbox]:not([aria-busy=true]) > [role=option]:not(.none)').length > 0);
      await keyboard.press('ArrowDown');
      await visit.until(() => document.activeElement.getAttribute('aria-activedescendant'));
      await keyboard.press('Enter');
    };
    const check = async () => {
      await to('Check this trip');
      await keyboard.press('Enter');
      await visit.until(() => document.activeElement?.id === 'answer');
      return visit.sentence();
    };
    await to('Skip to the content');
    await to('Place 1');
    await choose('bangkok');
    await to('Place 2');
    await keyboard.type('siem');
    await visit.until(() => document.activeElement.getAttribute('aria-expanded') === 'true');
    await keyboard.press('Escape');
    await visit.until(() => document.activeElement.getAttribute('aria-expanded') === 'false');
    for (let i = 0; i < 4; i++) await keyboard.press('Backspace');
    await choose('siem reap');
    await to('Siem Reap: Arrive, date');
    await keyboard.type('10202025');
    await to('From Bangkok to Siem Reap, by', true);
    await keyboard.type('bus');
    await to('Nationality');
    await choose('KR');
    // of the road nothing is known but what is usual
    assert.match(await check(), /^Prohibited for passports of South Korea/);
    assert.match(await visit.text('.ways'), /The road was not given/);

    // the road, by the places that it passes
    await to('Draw the road', true);
    await keyboard.press('Enter');
    await mapShown(visit);
    // where the map can be seen it has the focus
    if (chromium) await visit.until(() => document.activeElement.matches('.frame canvas'));
    await to('Or add a place that the road passes', chromium);
    await choose('aranya');
    await visit.until(() => document.querySelector('.task').textContent.includes('1 bend'));
    await choose('poipet');
    await visit.until(() => document.querySelector('.task').textContent.includes('2 bends'));
    await to('Done');
    await keyboard.press('Enter');
    await visit.until(() => document.activeElement.textContent === 'Draw the road');
    assert.match(await check(), /^Prohibited for passports of South Korea: the way by bus passes Poipet/);
    assert.doesNotMatch(await visit.text('.parts'), /The road was not given/);

    // what is on the map, in its list
    await to('In force on');
    await to('Poipet city4 · Travel ban');
    await keyboard.press('Enter');
    await visit.until(() => document.querySelector('.map-list .picked')?.getAttribute('aria-pressed') === 'true');
    await to('All about this advisory');
    await Promise.all([visit.page.waitForNavigation(), keyboard.press('Enter')]);
    assert.equal(await visit.text('h1'), 'Poipet city');
    await visit.end();
  },

  async 'it fits a small screen and a large letter'() {
    for (const width of [360, 640]) {
      const visit = await Visit.begin(browser, url, { width, height: 740 });
      await visit.go(`/?lang=en${carried(BUS)}`);
      await visit.until(() => document.querySelector('#answer'));
      await visit.fits(`answer at ${width}`);
      await visit.press('Show the map');
      await mapShown(visit);
      await visit.fits(`map at ${width}`);
      if (width === 360) await visit.accessible('small screen');
      for (const path of ['/advisories?lang=en', '/advisories/kr-mofa:kh-poipet?lang=km']) {
        await visit.go(path);
        await visit.fits(`${path} at ${width}`);
      }
      await visit.end();
    }
  },

  async 'advisories are read without scripts'() {
    const visit = await Visit.begin(browser, url);
    await visit.page.setJavaScriptEnabled?.(false).catch(() => {});
    await visit.go('/advisories?lang=en&country=KH');
    await visit.page.setJavaScriptEnabled?.(true).catch(() => {});
    await visit.accessible('list of advisories');
    const link = await visit.page.$('a[href^="/advisories/kr-mofa:kh-poipet"]');
    await Promise.all([visit.page.waitForNavigation(), link.click()]);
    assert.equal(await visit.text('h1'), 'Poipet city');
    const data = JSON.parse(await visit.text('script[type="application/ld+json"]'));
    assert.equal(data.identifier, 'kr-mofa:kh-poipet');
    // midnight in Seoul, on the clocks of Cambodia
    assert.match(await visit.text('.facts'), /2026-07-15 22:00 \(Asia\/Phnom_Penh, UTC\+07:00\)/);
    await visit.accessible('an advisory');
    const missing = await visit.go('/advisories/kr-mofa:nowhere?lang=ko');
    assert.equal(missing.status(), 404);
    await visit.accessible('no such advisory');
    visit.wrong = visit.wrong.filter((one) => !one.includes('404'));
    await visit.end();
  },

  async 'where am I now'() {
    const visit = await Visit.begin(browser, url);
    await visit.page.browserContext().overridePermissions(url, ['geolocation']);
    await visit.go('/?lang=en');
    await visit.until(() => document.querySelector('form.trip'));
    await visit.choose('Nationality', 'south ko', 'South Korea');
    await visit.page.setGeolocation({ latitude: 13.65805, longitude: 102.56365, accuracy: 20 });
    await visit.press('Where am I now');
    await visit.until(() => document.querySelector('#answer'));
    assert.match(await visit.sentence(), /for passports of South Korea: you are in Poipet/);
    assert.match(await visit.text('.answer'), /My position/);
    await visit.accessible('where am I');
    // it is kept nowhere
    assert.doesNotMatch(await visit.page.evaluate(() => JSON.stringify({ ...localStorage })), /13\.658|102\.563/);
    await visit.end();
  },

  async 'a document is checked as it is'() {
    const visit = await Visit.begin(browser, url);
    await visit.go('/?lang=en');
    await visit.press('From a document');
    const document = { itinerary: { stops: [{ id: 'a', place: { name: 'Siem Reap', country: 'KH' }, arrive: '2025-10-20' }] } };
    await visit.set('Or paste its text', JSON.stringify(document));
    await visit.press('Check the document');
    await visit.until(() => document.querySelector('#answer'));
    assert.match(await visit.text('.answer'), /Siem Reap/);
    // and a file that is dropped, wherever on the page; what it is shows in its name
    const calendar = readFileSync(new URL('../cases/documents/valid/places.ics', import.meta.url), 'utf8');
    await visit.page.evaluate((text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], 'plan.ics'));
      for (const kind of ['dragover', 'drop']) document.querySelector('h1').dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }, calendar);
    await visit.until(() => document.querySelector('.sentence').textContent.includes('plan.ics'));
    await visit.accessible('a document answered');
    await visit.set('Or paste its text', '{"itinerary": {"stops": [{"id": "a", "place": {"lat": 102, "lon": 13}}]}}');
    await visit.press('Check the document');
    await visit.until(() => document.querySelector('.failure'));
    assert.match(await visit.text('.failure'), /latitude/);
    await visit.accessible('refused');
    visit.wrong = visit.wrong.filter((one) => !one.includes('400'));
    await visit.end();
  },
};

try {
  await follow(steps, { others: true });
} finally {
  await browser.close();
  await cordon.stop();
}
