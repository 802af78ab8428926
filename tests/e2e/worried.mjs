// What a worried person runs into: `node worried.mjs PROGRAM FOLDER chromium|firefox`. The wrong place, a link that was cut off, dates that run
// backwards, a service that is slow, busy or out of order, a document of another kind; and not a word of English where it was not asked for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launchers } from './browsers.mjs';
import { Cordon } from './cordon.mjs';
import { Line } from './offline-line.mjs';
import { follow } from './steps.mjs';
import { BUS, carried, Visit } from './visit.mjs';

const [program, data, name] = process.argv.slice(2);
const words = Object.fromEntries(['en', 'ko', 'km'].map((lang) => [lang, JSON.parse(readFileSync(new URL(`../../web/words/${lang}.json`, import.meta.url)))]));
const cordon = await Cordon.start(program, data);
const line = await Line.to(cordon.address);
const browser = await launchers[name]();
const SMALL = { width: 360, height: 740 };
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, hole) => values[hole]);
const alone = (place, arrive, depart, nationalities) => ({ ...BUS, stops: [{ text: place.label, place: { accuracy_m: 1000, ...place }, arrive: { date: arrive }, depart: { date: depart } }], legs: [], nationalities });
const changed = (change) => {
  const trip = structuredClone(BUS);
  change(trip);
  return trip;
};
const SINGAPORE = { label: 'Singapore', lat: 1.29, lon: 103.85, zone: 'Asia/Singapore', country: 'SG' };
const PYONGYANG = { label: 'Pyongyang', lat: 39.03, lon: 125.75, zone: 'Asia/Pyongyang', country: 'KP' };

/** One trip for each kind of answer there is, with what stands in it. */
const ANSWERS = {
  clear: { ...alone(SINGAPORE, '2026-08-10', '2026-08-12', ['KR']), asOf: '2026-08-15' },
  prohibited: changed((trip) => (trip.nationalities = [])),
  avoid: changed((trip) => (trip.nationalities = ['US', 'GB'])),
  'passing through': changed((trip) => (trip.purpose = 'transit')),
  indeterminate: changed((trip) => (trip.legs = [{ mode: 'rail' }])),
  'usual ways': changed((trip) => (trip.legs = [{ mode: 'bus' }])),
  'to come': changed(({ stops: [from, to] }) => ((from.depart = { date: day(30), time: '23:30' }), (to.arrive = { date: day(31), time: '05:00' }), (to.depart = { date: day(33) }))),
  'a passport that is not valid there': alone(PYONGYANG, day(10), day(12), ['US', 'KR']),
};

/** What is written in Latin letters without being marked as another language's; names that people typed or that are the same everywhere are none. */
async function foreign(visit, lang) {
  return visit.page.evaluate((lang) => {
    const NAMES = /Cordon|JavaScript|GeoJSON|GPX|Enter|Natural Earth|Share|Add to Home Screen|iPhone|iPad|iOS|https?|Bangkok|Siem Reap|Singapore|Pyongyang|UTC|GMT|[A-Z][a-z]+\/[A-Z][a-z_A-Z]+|\b[A-Z]{2}\b|\d ?(km|m)\b/g;
    const found = [];
    const look = (text, element) => {
      if (element.closest('[lang]').lang === lang && /[A-Za-z]{2}/.test(text.replace(NAMES, ''))) found.push(`<${element.localName} class="${element.getAttribute('class') ?? ''}"> ${text.trim()}`);
    };
    for (const element of document.querySelectorAll(':not(script, style, noscript, title)')) {
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) look(node.data, element);
      for (const attribute of ['aria-label', 'title', 'placeholder', 'alt']) look(element.getAttribute(attribute) ?? '', element);
    }
    return found;
  }, lang);
}

async function answered(visit, trip, lang) {
  await visit.go(`/?lang=${lang}${carried(trip)}`);
  await visit.until(() => document.querySelector('#answer') || document.querySelector('.failure'));
  await visit.page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
}

const steps = {};
for (const lang of ['ko', 'km'])
  Object.assign(steps, {
    async [`every answer is in the reader's language, or marked: ${lang}`]() {
      const visit = await Visit.begin(browser, line.address, SMALL);
      for (const [kind, trip] of Object.entries(ANSWERS)) {
        await answered(visit, trip, lang);
        assert.deepEqual(await foreign(visit, lang), [], kind);
        await visit.fits(`${kind} in ${lang}`);
        if (kind !== 'prohibited') continue;
        // as the issuer's own readers know it, and only so
        const level = await visit.text('[data-advisory="kr-mofa:kh-poipet"] .level-name');
        assert.equal(level, lang === 'ko' ? '4 · 여행금지' : '4 · Travel ban 여행금지');
      }
      await visit.accessible(`everything opened in ${lang}`);
      await visit.press(words[lang]['map.open']);
      await visit.until(() => document.querySelectorAll('.map-list li').length > 10 && (document.querySelector('.frame[data-ready=true]') || document.querySelector('.map [role=alert]')));
      assert.deepEqual(await foreign(visit, lang), [], 'the map');
      await visit.set(words[lang]['trip.document_paste'], '{"itinerary": {"stops": [{"id": "a", "place": {"lat": 102, "lon": 13}}]}}');
      await visit.press(words[lang]['trip.document_check']);
      await visit.until((said) => document.querySelector('.failure')?.textContent.includes(said), words[lang]['failure.document']);
      assert.deepEqual(await foreign(visit, lang), [], 'a document that is refused');
      await visit.fits(`a document that is refused in ${lang}`);
      // and on the device
      await visit.page.click('.private input');
      await visit.press(words[lang]['private.trip']);
      await visit.until(() => document.querySelector('.private .bundles'));
      await visit.press(words[lang]['trip.check']);
      await visit.until(() => document.querySelector('.answer.own'));
      assert.deepEqual(await foreign(visit, lang), [], 'on the device');
      await visit.fits(`on the device in ${lang}`);
      for (const path of ['/advisories?country=KH&', '/advisories/kr-mofa:kh-poipet?', '/advisories/us-state:kh?', '/advisories/de-aa:kh?', '/advisories/nobody:nowhere?']) {
        await visit.go(`${path}lang=${lang}`);
        assert.deepEqual(await foreign(visit, lang), [], path);
        await visit.fits(`${path} in ${lang}`);
      }
      visit.wrong = visit.wrong.filter((one) => !/\b(400|404)\b/.test(one));
      await visit.end();
    },

    async [`so it is without a network: ${lang}`]() {
      const visit = await Visit.begin(browser, line.address, SMALL);
      await visit.go(`/?lang=${lang}${carried(BUS)}`);
      await visit.until(() => document.querySelector('.kept') && document.querySelector('.help a') && navigator.serviceWorker.controller?.state === 'activated');
      line.cut = true;
      await visit.go(`/?lang=${lang}${carried(BUS)}`);
      await visit.until(() => document.querySelector('.data-from'));
      await visit.page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
      assert.deepEqual(await foreign(visit, lang), [], 'without a network');
      await visit.go(`/advisories/kr-mofa:kh-poipet?lang=${lang}`);
      await visit.until(() => document.querySelector('.one'));
      assert.deepEqual(await foreign(visit, lang), [], 'an advisory without a network');
      line.cut = false;
      visit.wrong = visit.wrong.filter((one) => !/Failed to load|download failed|NetworkError|ERR_|network/i.test(one));
      await visit.end();
    },
  });

Object.assign(steps, {
  async 'of places with one name it is told which one was chosen'() {
    const visit = await Visit.begin(browser, line.address, SMALL);
    await visit.go('/?lang=en');
    await visit.until(() => document.querySelector('form.trip'));
    await (await visit.field('Place 1')).type('san jose');
    await visit.until(() => document.querySelectorAll('[role=option]').length > 3);
    const options = await visit.page.evaluate(() => [...document.querySelectorAll('[role=option]')].map((one) => one.textContent));
    assert.equal(new Set(options).size, options.length, options.join('; '));
    const last = await visit.page.evaluateHandle(() => [...document.querySelectorAll('[role=option]')].find((one) => /Philippines · \d+\.\d\d, 1\d\d\.\d\d/.test(one.textContent)));
    await last.asElement().click();
    // beside the field, and for whoever hears it
    await visit.until(() => /^Philippines · \d/.test(document.querySelector('form.trip .hint').textContent));
    assert.equal(await (await visit.field('Place 1')).evaluate((one) => document.getElementById(one.getAttribute('aria-describedby')).textContent.startsWith('Philippines')), true);
    await visit.accessible('a place chosen');
    await visit.end();
  },

  async 'dates that run backwards are told by the name of the place'() {
    for (const lang of ['en', 'ko', 'km']) {
      const visit = await Visit.begin(browser, line.address, SMALL);
      await visit.go(`/?lang=${lang}${carried(changed(({ stops }) => (stops[0].depart.date = '2025-10-25')))}`);
      await visit.until(() => document.querySelector('.failure'));
      const said = await visit.text('.failure');
      assert.ok(said.includes(fill(words[lang]['trip.reversed'], { place: 'Siem Reap' })), said);
      assert.doesNotMatch(said, /itinerary|T\d\d:/);
      if (lang !== 'en') assert.deepEqual(await foreign(visit, lang), []);
      await visit.accessible('dates that run backwards');
      await visit.fits('dates that run backwards');
      // mended, and asked again as it is now
      await visit.set(`Bangkok: ${words[lang]['trip.depart']}, ${words[lang]['trip.date']}`, '2025-10-20');
      await visit.press(words[lang]['failure.retry']);
      await visit.until(() => document.querySelector('#answer') && !document.querySelector('.failure'));
      visit.wrong = visit.wrong.filter((one) => !one.includes('400'));
      await visit.end();
    }
  },

  async 'an answer to what was asked before says so'() {
    const visit = await Visit.begin(browser, line.address, SMALL);
    await visit.go(`/?lang=en${carried(BUS)}`);
    await visit.until(() => document.querySelector('#answer'));
    assert.match(await visit.text('.sentence'), /The dates of this trip have passed/);
    assert.equal(await visit.text('.changed'), '');
    await visit.press('Remove South Korea');
    await visit.until(() => /You changed the trip since/.test(document.querySelector('.changed')?.textContent));
    await visit.accessible('a changed trip');
    await visit.fits('a changed trip');
    const old = await visit.sentence();
    await visit.page.$eval('.changed button', (button) => button.click());
    await visit.until((old) => document.querySelector('#answer').textContent !== old && !document.querySelector('.changed'), old);
    await visit.end();
  },

  async 'a link that was cut off is told, and one that is opened on the page itself is asked'() {
    const visit = await Visit.begin(browser, line.address, SMALL);
    await visit.go(`/?lang=en${carried(BUS).slice(0, -20)}`);
    await visit.until(() => document.querySelector('.more [role=status].status').textContent.includes('The link is damaged'));
    await visit.page.evaluate((hash) => (location.hash = hash), carried(BUS));
    await visit.until(() => document.querySelector('#answer')?.textContent.includes('24.3 km'));
    assert.equal(await visit.page.evaluate(() => location.hash), '');
    assert.equal(await (await visit.field('Place 2')).evaluate((one) => one.value), 'Siem Reap');
    // with nothing of one's own on the device it stays
    await visit.page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    assert.equal(await (await visit.field('Place 2')).evaluate((one) => one.value), 'Siem Reap');
    await visit.end();
  },

  async 'a service that is slow, busy, out of order, or behind the sign-in page of a hotel'() {
    const visit = await Visit.begin(browser, line.address, SMALL);
    await visit.go('/?lang=ko');
    await visit.page.evaluate((trip) => localStorage.setItem('cordon.trip', trip), JSON.stringify(BUS));
    await visit.page.reload();
    await visit.until(() => document.querySelector('form.trip'));
    let go;
    const say = (status, headers, body) => (line.instead = { path: '/v1/check/', status, headers, body });
    const problem = (code) => [{ 'content-type': 'application/problem+json' }, JSON.stringify({ type: '', title: 'Title', status: 0, code, detail: 'some words', errors: [] })];
    const told = async (key, values = {}) => {
      await visit.press(words.ko['trip.check']);
      await visit.until((said) => document.querySelector('.failure')?.textContent.includes(said), fill(words.ko[key], values));
      assert.deepEqual(await foreign(visit, 'ko'), [], key);
    };
    const [type, overloaded] = problem('overloaded');
    say(503, { ...type, 'retry-after': '1' }, overloaded);
    await told('failure.busy');
    say(429, { ...type, 'retry-after': '17' }, overloaded);
    await told('failure.busy_for', { n: 17 });
    await visit.accessible('the service is busy');
    say(500, ...problem('internal_error'));
    await told('failure.broken');
    say(200, { 'content-type': 'text/html' }, '<title>Welcome to our hotel</title>');
    await told('failure.network');
    say(502, { 'content-type': 'text/html' }, 'Bad gateway');
    await told('failure.network');
    // slow: it says that it is at it, and answers in the end
    line.instead = undefined;
    const until = new Promise((free) => (go = free));
    const asked = new Promise((heard) => (line.slow = { path: '/v1/check/', until, heard }));
    await visit.press(words.ko['failure.retry']);
    await asked;
    assert.equal(await visit.text('form.trip .first'), words.ko['trip.checking']);
    assert.equal(await visit.text('.result > .unseen'), words.ko['trip.checking']);
    go();
    await visit.until(() => document.querySelector('#answer'));
    visit.wrong = visit.wrong.filter((one) => !/\b(429|500|502|503)\b/.test(one));
    await visit.end();
  },

  async 'a document of another kind'() {
    const visit = await Visit.begin(browser, line.address, SMALL);
    for (const lang of ['ko', 'km']) {
      await visit.go(`/?lang=${lang}`);
      await visit.until(() => document.querySelector('form.trip'));
      for (const [file, text, key] of [['holiday.jpg', '\xff\xd8\xff\xe0', 'failure.document'], ['notes.txt', 'Dear diary', 'failure.document'], ['page.html', '<html><p>Hello</p></html>', 'failure.document']]) {
        await visit.page.evaluate(
          (file, text) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], file));
            document.querySelector('h1').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
          },
          file,
          text,
        );
        await visit.until((said) => document.querySelector('.failure')?.textContent.includes(said), words[lang][key]);
        assert.deepEqual(await foreign(visit, lang), [], file);
        await visit.fits(`${file} in ${lang}`);
        await visit.page.reload();
        await visit.until(() => document.querySelector('form.trip'));
      }
    }
    visit.wrong = visit.wrong.filter((one) => !/\b(400|415)\b/.test(one));
    await visit.end();
  },

  async 'no position: it is looked for, and that it was not found is said'() {
    // what the browser's own question would bring is told by the page alone: who answers it sits at a screen
    const visit = await Visit.begin(browser, line.address, SMALL);
    await visit.page.evaluateOnNewDocument(() => Object.defineProperty(navigator, 'geolocation', { value: { getCurrentPosition: (_, no) => (window.no = no) } }));
    for (const lang of ['ko', 'km']) {
      await visit.go(`/?lang=${lang}`);
      await visit.until(() => document.querySelector('form.trip'));
      await visit.press(words[lang]['trip.here']);
      await visit.until((said) => document.querySelector('.more > .status').textContent === said, words[lang]['trip.here_looking']);
      await visit.page.evaluate(() => window.no());
      await visit.until((said) => document.querySelector('.more > .status').textContent === said, words[lang]['trip.here_denied']);
    }
    await visit.end();
  },
});

try {
  await follow(steps, { others: true });
} finally {
  await browser.close();
  line.close();
  await cordon.stop();
}
