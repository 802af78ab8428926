// The documents inside a bundle, as the service writes them everywhere.

export type AdvisoryId = string;
/** One text in several languages, by BCP 47 code. */
export type Texts = Record<string, string>;

export interface LevelDocument {
  code: string;
  name: string;
  native_name: string;
  colour: string;
  severity: number;
}

export interface EffectDocument {
  id: string;
  kind: string;
  levels: string[];
  nationalities: string[];
  statute: string;
  text: Texts;
  url: string | null;
  permit_grounds?: { code: string; text: Texts }[];
}

export interface IssuerDocument {
  code: string;
  nationalities: string[];
  name: string;
  levels: LevelDocument[];
  legal_effects: EffectDocument[];
}

export interface ExemptionDocument {
  kind: 'transit_only' | 'resident' | 'permit';
  text: Texts;
  source_url: string;
}

export interface RevisionDocument {
  number: number;
  published_at: string;
  valid: { from: string | null; to: string | null };
  /** None for a withdrawal, and for what lies elsewhere. */
  fence?: {
    shape: number;
    level: string;
    basis: string;
    accuracy_m: number;
    area_m2: number;
    title: Texts;
    text: Texts;
    carves_out_of: AdvisoryId[];
    legal_effects: string[];
    exemptions: ExemptionDocument[];
    source_url: string;
  };
}

/** The text in a language, else in its primary one, else in English, else in whichever there is; with the language it is in. */
export function pick(texts: Texts, lang: string): [string, string] {
  const found = [lang, lang.split('-')[0]!, 'en', ...Object.keys(texts).sort()].find((one) => one in texts);
  return found === undefined ? ['', ''] : [found, texts[found]!];
}
