// Headless Chromium and Firefox, driven by puppeteer-core as web/package.json has it; Firefox over WebDriver BiDi, without geckodriver.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
export const puppeteer = require('puppeteer-core');
export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Root may not use Chromium's sandbox; a container is root more often than not. */
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export const launchers = {
  chromium: (...args) =>
    puppeteer.launch({
      browser: 'chrome',
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      protocolTimeout: 120_000,
      // a map without a graphics card
      args: [...asRoot, ...args, '--disable-background-networking', '--disable-component-update', '--no-first-run', '--enable-unsafe-swiftshader', '--use-angle=swiftshader'],
    }),
  firefox: (preferences = {}) =>
    puppeteer.launch({
      browser: 'firefox',
      executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
      headless: true,
      protocolTimeout: 120_000,
      extraPrefsFirefox: {
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
        'network.manage-offline-status': false,
        'network.proxy.type': 0,
        'app.update.disabledForTesting': true,
        'datareporting.policy.dataSubmissionEnabled': false,
        'webgl.force-enabled': true,
        'webgl.disable-fail-if-major-performance-caveat': true,
        ...preferences,
      },
    }),
};
