// The page's own words in the language chosen. Issuers' texts are not among them: they stay as they were published.
import english from '../words/en.json';

export type Key = keyof typeof english;
export type Lang = 'en' | 'ko' | 'km';
export const LANGUAGES: [Lang, string][] = [['en', 'English'], ['ko', '한국어'], ['km', 'ខ្មែរ']];

const loaders: Record<Exclude<Lang, 'en'>, () => Promise<{ default: Record<Key, string> }>> = {
  ko: () => import('../words/ko.json'),
  km: () => import('../words/km.json'),
};
let current: Lang = 'en';
let khmer: typeof import('virtual:khmer') | undefined;
/** Names that the browser lacks in the language spoken; none where it has them itself. */
export const substitute = (): typeof khmer => (current === 'km' ? khmer : undefined);
let words: Record<Key, string> = english;

/** The language chosen before, else the one the browser likes best. */
export function preferredLanguage(): Lang {
  const known = (tag: string | null | undefined) => LANGUAGES.map(([lang]) => lang).find((lang) => tag?.toLowerCase().startsWith(lang));
  return known(new URLSearchParams(location.search).get('lang')) ?? known(localStorage.getItem('cordon.lang')) ?? navigator.languages.map(known).find(Boolean) ?? 'en';
}

/** Takes up a language: its words, its letters, the document's mark. */
export async function speak(lang: Lang): Promise<void> {
  words = lang === 'en' ? english : (await loaders[lang]()).default;
  // not every browser knows Khmer dates and countries by itself
  if (lang === 'km' && Intl.DateTimeFormat.supportedLocalesOf('km').length === 0) khmer ??= await import('virtual:khmer');
  current = lang;
  document.documentElement.lang = lang;
  document.title = `${t('page.title')} · Cordon`;
  if (lang !== 'en') letters(lang);
}

/** Fetches the letters of a language, once. */
export function letters(lang: 'ko' | 'km'): void {
  const href = `/fonts-${lang}.css`;
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
}

export const lang = (): Lang => current;

/** The words for a key, its places filled. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const filled = words[key].replace(/\{(\w+)\}/g, (hole, name: string) => (name in values ? String(values[name]) : hole));
  return current === 'ko' ? filled.replace(PARTICLES, (_, last: string, closed: string, open: string) => last + ((last.charCodeAt(0) - HANGUL) % 28 ? closed : open)) : filled;
}

/** Korean particles follow the sound before them: whether the syllable ends in a consonant. After other letters both are given. */
const PARTICLES = /([가-힣])([은을이])\(([는를가])\)/g;
const HANGUL = '가'.charCodeAt(0);

/** One of an issuer's texts in the page's language, else in English, else in whichever there is; with the language it is in. */
export function said(texts: Record<string, string>): [string, string] {
  const found = [current, 'en', ...Object.keys(texts).sort()].find((one) => texts[one]) ?? 'en';
  return [found, texts[found] ?? ''];
}

/** The words for one of a group of keys that the service names. */
export function tOf(group: 'verdict' | 'severity' | 'mode' | 'purpose' | 'basis' | 'legal' | 'exemption' | 'gap' | 'settle' | 'ways' | 'help', word: string | number): string {
  const key = `${group}.${word}`;
  return key in words ? words[key as Key] : String(word);
}
