// The passports somebody holds: each brings its own government's advice.
import { useState } from 'preact/hooks';
import { COUNTRIES, country } from '../format';
import { lang, t } from '../words';
import { Combobox, type Option } from './Combobox';

interface Props {
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

export function Nationalities({ chosen, onChange }: Props) {
  const [text, setText] = useState('');
  const english = new Intl.DisplayNames('en', { type: 'region' });
  const search = async (typed: string): Promise<Option<string>[]> => {
    const wanted = typed.trim().toLocaleLowerCase(lang());
    const found = COUNTRIES.filter((code) => !chosen.includes(code)).map((code) => ({ code, name: country(code) }));
    const rank = ({ code, name }: { code: string; name: string }): number => {
      const names = [name.toLocaleLowerCase(lang()), (english.of(code) ?? '').toLowerCase()];
      if (code.toLowerCase() === wanted || names.some((n) => n.startsWith(wanted))) return 0;
      return names.some((n) => n.includes(wanted)) ? 1 : 2;
    };
    const ranked = found.map((one) => ({ ...one, rank: rank(one) })).filter((one) => one.rank < 2);
    ranked.sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name, lang()));
    return ranked.slice(0, 8).map(({ code, name }) => ({ key: code, label: name, detail: code, value: code }));
  };
  return (
    <div class="nationalities">
      <Combobox
        label={t('trip.nationality')}
        hint={t('trip.nationality_about')}
        text={text}
        delay={0}
        search={search}
        onText={setText}
        onChoose={(option) => {
          onChange([...chosen, option.value]);
          setText('');
        }}
      />
      {chosen.length > 0 && (
        <ul class="chips">
          {chosen.map((code) => (
            <li key={code}>
              <span>{country(code)}</span>
              <button type="button" aria-label={t('trip.nationality_remove', { country: country(code) })} onClick={() => onChange(chosen.filter((c) => c !== code))}>
                <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
