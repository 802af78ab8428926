// What a test does on the page, in the words of somebody who uses it; and what must hold wherever it is.
import assert from 'node:assert/strict';
import { axeSource } from './browsers.mjs';

export const BUS = {
  stops: [
    { text: 'Bangkok', place: { label: 'Bangkok', lat: 13.75398, lon: 100.50144, accuracy_m: 1000, zone: 'Asia/Bangkok', country: 'TH' }, arrive: {}, depart: { date: '2025-10-20', time: '08:00' } },
    { text: 'Siem Reap', place: { label: 'Siem Reap', lat: 13.36179, lon: 103.86056, accuracy_m: 1000, zone: 'Asia/Phnom_Penh', country: 'KH' }, arrive: { date: '2025-10-20', time: '18:00' }, depart: { date: '2025-10-23' } },
  ],
  legs: [{ mode: 'bus', road: [[102.07222, 13.81411], [102.50128, 13.69276], [102.5507, 13.6612], [102.56365, 13.65805], [102.67749, 13.62762], [102.7632, 13.595], [102.97369, 13.58588], [103.41903, 13.60535]] }],
  nationalities: ['KR'],
  purpose: 'tourism',
  asOf: '',
};
export const carried = (trip) => `#trip=${Buffer.from(JSON.stringify(trip)).toString('base64url')}`;

export class Visit {
  /** Other hosts that may be asked. */
  also = [];

  constructor(browser, page, url) {
    Object.assign(this, { browser, page, url, wrong: [] });
    // what is waited for in vain is a fault; what only takes long, on a machine that does much else, is none
    page.setDefaultTimeout(60_000);
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (/^https?:/.test(protocol) && origin !== url && !this.also.includes(origin)) this.wrong.push(`a request to ${origin}`);
    });
    page.on('pageerror', (error) => {
      // Firefox tells so of letters that were still on their way when the page was left (NS_BINDING_ABORTED), also those that its worker fetches
      if (!/download failed.*status=2152398850|\.woff2’\. A ServiceWorker intercepted the request/.test(error.message)) this.wrong.push(`an error on the page: ${error.message}`);
    });
    page.on('console', (message) => {
      // also how a browser tells what the policy forbade
      if (message.type() === 'error') this.wrong.push(`an error in the console: ${message.text()}`);
    });
  }

  static async begin(browser, url, { width = 1280, height = 900 } = {}) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width, height });
    return new Visit(browser, page, url);
  }

  async go(path) {
    // a fragment alone would not load the page again
    await this.page.goto('about:blank');
    return this.page.goto(this.url + path, { waitUntil: 'load' });
  }

  async end() {
    assert.deepEqual(this.wrong, []);
    await this.page.browserContext().close();
  }

  /** Waits for something on the page to be so. */
  async until(what, ...args) {
    await this.page.waitForFunction(what, { polling: 50 }, ...args).catch((error) => {
      throw new Error(`waited in vain for ${what}: ${error.message}`);
    });
  }

  /** The field that a label names. */
  async field(label) {
    const handle = await this.page.evaluateHandle((text) => [...document.querySelectorAll('label')].find((one) => one.textContent.trim() === text)?.control ?? document.querySelector(`[aria-label="${text}"]`), label);
    const element = handle.asElement();
    assert.ok(element, `no field is called ${label}`);
    return element;
  }

  async press(name) {
    const find = async () => {
      const handle = await this.page.evaluateHandle((text) => [...document.querySelectorAll('button, summary')].find((one) => (one.getAttribute('aria-label') ?? one.textContent).trim() === text), name);
      return handle.asElement();
    };
    let told = 'it is not there';
    // what arrives above it may move it away between being found and being pressed, or put another in its place: then it is pressed again, as
    // anybody would
    for (let left = 5; left > 0; left -= 1) {
      const element = await find();
      if (!element) break;
      const press = Math.random();
      const listen = (one, press) => {
        window.begun = press;
        one.addEventListener('click', () => (window.pressed = press), { once: true, capture: true });
      };
      await element.evaluate(listen, press);
      await element.asLocator().setTimeout(10_000).click().catch((error) => (told = error.message));
      // a click that failed has let go of the element: the page is asked; another page has come where this one knows of no press
      if (await this.page.evaluate((press) => window.begun !== press || window.pressed === press, press).catch(() => true)) return;
    }
    throw new Error(`${name} cannot be pressed: ${told}`);
  }

  async set(label, value) {
    const field = await this.field(label);
    await field.evaluate((one, text) => {
      // as the browser's own picker does it
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(one), 'value').set.call(one, text);
      one.dispatchEvent(new Event('input', { bubbles: true }));
      one.dispatchEvent(new Event('change', { bubbles: true }));
    }, value);
  }

  /** Types into a combobox and takes the option that reads so. */
  async choose(label, typed, option) {
    const field = await this.field(label);
    await field.click({ count: 3 });
    await field.type(typed);
    // not among those for the beginning of what was typed, which others are about to replace
    await this.until((text) => !document.querySelector('[role=listbox][aria-busy=true]') && [...document.querySelectorAll('[role=option]')].some((one) => one.firstChild?.textContent === text), option);
    const handle = await this.page.evaluateHandle((text) => [...document.querySelectorAll('[role=option]')].find((one) => one.firstChild?.textContent === text), option);
    await handle.asElement().click();
  }

  /** Asks, and gives the sentence that answers. */
  async check(words = 'Check this trip') {
    const before = await this.sentence();
    await this.press(words);
    await this.until((old) => (document.querySelector('#answer')?.textContent ?? old) !== old || document.querySelector('.failure'), before);
    return this.sentence();
  }

  sentence() {
    return this.page.evaluate(() => document.querySelector('#answer')?.textContent ?? '');
  }

  text(selector) {
    return this.page.evaluate((css) => document.querySelector(css)?.textContent ?? '', selector);
  }

  /** No finding of axe, by the rules of WCAG 2.2 AA and good practice. */
  async accessible(state) {
    await this.page.evaluate(axeSource);
    const findings = await this.page.evaluate(async () => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: tags } });
      return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ').slice(0, 600)}`);
    });
    assert.deepEqual(findings, [], `axe finds in the state "${state}"`);
  }

  /** Nothing has to be scrolled sideways. */
  async fits(state) {
    const [wide, seen] = await this.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= seen, `${state}: ${wide} px wide on a screen of ${seen}`);
  }
}
