// A field that finds a country by its name in the reader's language, its English name or its code.
import { COUNTRIES, country } from '../format';
import { lang } from '../words';
import { Combobox, type Option } from './Combobox';

interface Props {
  label: string;
  hint?: string;
  text: string;
  /** Codes that are not offered. */
  without: string[];
  onText: (text: string) => void;
  onChoose: (code: string) => void;
}

export function CountryField({ label, hint, text, without, onText, onChoose }: Props) {
  const search = async (typed: string): Promise<Option<string>[]> => {
    const english = new Intl.DisplayNames('en', { type: 'region' });
    const wanted = typed.trim().toLocaleLowerCase(lang());
    const found = COUNTRIES.filter((code) => !without.includes(code)).map((code) => ({ code, name: country(code) }));
    const rank = ({ code, name }: { code: string; name: string }): number => {
      const names = [name.toLocaleLowerCase(lang()), (english.of(code) ?? '').toLowerCase()];
      if (code.toLowerCase() === wanted || names.some((n) => n.startsWith(wanted))) return 0;
      return names.some((n) => n.includes(wanted)) ? 1 : 2;
    };
    const ranked = found.map((one) => ({ ...one, rank: rank(one) })).filter((one) => one.rank < 2);
    ranked.sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name, lang()));
    return ranked.slice(0, 8).map(({ code, name }) => ({ key: code, label: name, detail: code, value: code }));
  };
  return <Combobox label={label} hint={hint} text={text} delay={0} search={search} onText={onText} onChoose={(option) => onChoose(option.value)} />;
}
