// Firefox whose push client knows our push service, and whose notifications can be read and tapped: they are windows of the browser's own.
import { puppeteer } from './browsers.mjs';

const PREFERENCES = {
  'dom.push.enabled': true,
  // automation turns push off; a value of one's own wins
  'dom.push.connection.enabled': true,
  'dom.push.testing.allowInsecureServerURL': true,
  'dom.push.retryBaseInterval': 200,
  'permissions.default.desktop-notification': 1,
  // without a desktop there is no other way to show them
  'alerts.useSystemBackend': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  // with nothing but a loopback interface Firefox believes that it is offline
  'network.manage-offline-status': false,
  'network.proxy.type': 0,
  'app.update.disabledForTesting': true,
  'datareporting.policy.dataSubmissionEnabled': false,
};

export const launchFirefox = (pushServer) =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    protocolTimeout: 60_000,
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: { ...PREFERENCES, 'dom.push.serverURL': pushServer },
  });

/** Taps the notification that says so, once it is on the screen: the worker shows it earlier. */
export async function tap(browser, title) {
  const ask = async (method, parameters) => {
    const answer = await browser.connection.send(method, parameters);
    return answer.result ?? answer;
  };
  const expression = `(() => {
    const label = document.getElementById('alertTitleLabel');
    if (![label?.textContent, label?.value].includes(${JSON.stringify(title)})) return false;
    document.getElementById('alertBox').click();
    return true;
  })()`;
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    const { contexts } = await ask('browsingContext.getTree', { 'moz:scope': 'chrome' });
    for (const { context } of contexts.filter(({ url }) => url.endsWith('/alert.xhtml'))) {
      // one may close while it is asked
      const { result } = await ask('script.evaluate', { expression, target: { context }, awaitPromise: false }).catch(() => ({}));
      if (result?.value) return;
    }
    await new Promise((turn) => setTimeout(turn, 100));
  }
  throw new Error(`no notification is shown that says ${title}`);
}
