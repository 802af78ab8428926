// The passports somebody holds: each brings its own government's advice.
import { useState } from 'preact/hooks';
import { country } from '../format';
import { t } from '../words';
import { CountryField } from './CountryField';

interface Props {
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

export function Nationalities({ chosen, onChange }: Props) {
  const [text, setText] = useState('');
  return (
    <div class="nationalities">
      <CountryField
        label={t('trip.nationality')}
        hint={t('trip.nationality_about')}
        text={text}
        without={chosen}
        onText={setText}
        onChoose={(code) => {
          onChange([...chosen, code]);
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
