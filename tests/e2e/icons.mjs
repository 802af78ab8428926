// Draws the page's icons from `web/public/icon.svg`: `node icons.mjs`. The pictures are kept beside it; drawn again when the drawing changes.
import { readFileSync, writeFileSync } from 'node:fs';
import { launchers } from './browsers.mjs';

const folder = new URL('../../web/public/', import.meta.url);
const icon = readFileSync(new URL('icon.svg', folder), 'utf8');
const [, inside] = /(<path.*)<\/svg>/s.exec(icon);
const whole = (body) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${body}</svg>`;
// what is cut to any shape keeps its drawing within the middle four fifths
const maskable = whole(`<rect width="64" height="64" fill="#0b3d5c"/><g transform="translate(9.6 9.6) scale(0.7)">${inside}</g>`);
const square = whole(`<rect width="64" height="64" fill="#0b3d5c"/>${inside}`);
// a badge is a silhouette: only what is opaque counts
const badge = whole(`<g transform="translate(-6 -6) scale(1.19)">${inside}</g>`);

const browser = await launchers.chromium();
try {
  const page = await browser.newPage();
  for (const [name, drawing, size] of [['icon-192', icon, 192], ['icon-512', icon, 512], ['icon-maskable-512', maskable, 512], ['icon-apple-180', square, 180], ['badge-96', badge, 96]]) {
    await page.setViewport({ width: size, height: size });
    await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`);
    writeFileSync(new URL(`${name}.png`, folder), await page.screenshot({ omitBackground: true }));
  }
} finally {
  await browser.close();
}
