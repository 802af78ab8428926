// A place by its name, its airport code or its coordinates.
import { findPlaces } from '../api/client';
import { country } from '../format';
import { fromWords, type Place } from '../trip';
import { lang, t } from '../words';
import { Combobox, type Option } from './Combobox';

/** Latitude, longitude as people write them; latitude first. */
function coordinates(text: string): Place | undefined {
  const found = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  const [lat, lon] = [Number(found?.[1]), Number(found?.[2])];
  return found && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { label: `${lat}, ${lon}`, lat, lon } : undefined;
}

async function search(text: string, signal: AbortSignal): Promise<Option<Place>[]> {
  const at = coordinates(text);
  if (at) return [{ key: 'at', label: at.label, value: at }];
  const found = await findPlaces(text, lang(), signal);
  return found.map((words, i) => {
    const place = fromWords(words);
    const detail = [words.name !== words.label && words.name, country(words.country)].filter(Boolean).join(' · ');
    return { key: String(i), label: place.label, detail, value: place };
  });
}

interface Props {
  label: string;
  hint?: string;
  text: string;
  error?: string;
  onText: (text: string) => void;
  onPlace: (place: Place) => void;
}

export function PlaceField({ onPlace, ...field }: Props) {
  return <Combobox {...field} hint={field.hint ?? t('trip.place_hint')} search={search} onChoose={(option) => onPlace(option.value)} />;
}
