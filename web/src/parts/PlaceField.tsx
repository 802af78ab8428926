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
  return found.map((words) => {
    const place = fromWords(words);
    // of two in one country that are called the same only where they lie tells which is which
    if (found.some((other) => other !== words && other.label === words.label && other.country === words.country && other.iata === words.iata)) place.shared = true;
    const detail = [words.name !== words.label && words.name, whereabouts(place)].filter(Boolean).join(' · ');
    return { key: `${words.kind} ${words.iata} ${place.lat} ${place.lon}`, label: place.label, detail, value: place };
  });
}

/** What a place's name does not say. */
const whereabouts = ({ country: code, shared, lat, lon }: Place): string =>
  [code && country(code), shared && `${lat.toFixed(2)}, ${lon.toFixed(2)}`].filter(Boolean).join(' · ');

interface Props {
  label: string;
  text: string;
  error?: string;
  /** The one that was chosen. */
  place?: Place;
  onText: (text: string) => void;
  onPlace: (place: Place) => void;
}

export function PlaceField({ onPlace, place, ...field }: Props) {
  return <Combobox {...field} hint={(place && whereabouts(place)) || t('trip.place_hint')} search={search} onChoose={(option) => onPlace(option.value)} />;
}
