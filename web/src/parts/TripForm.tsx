// The plan: places with their times, the movements between them, who travels.
import { useState } from 'preact/hooks';
import type { Mode, Purpose } from '../api/client';
import { metres } from '../format';
import { isOverland, lengthOf, line, newStop, type Leg, type Moment, type Stop, type Trip } from '../trip';
import { t, tOf } from '../words';
import { Nationalities } from './Nationalities';
import { PlaceField } from './PlaceField';

const MODES: Mode[] = ['unknown', 'air', 'rail', 'bus', 'car', 'ferry', 'foot', 'stay'];
const PURPOSES: Purpose[] = ['other', 'tourism', 'business', 'transit', 'resident', 'official', 'journalism', 'humanitarian'];

interface Props {
  trip: Trip;
  checking: boolean;
  onChange: (trip: Trip) => void;
  onCheck: () => void;
  onDraw: (leg: number) => void;
}

export function TripForm({ trip, checking, onChange, onCheck, onDraw }: Props) {
  // complaints are shown once somebody asks for an answer, not while they type
  const [asked, setAsked] = useState(false);
  const unfilled = (stop: Stop) => !stop.place && (stop.text.trim() !== '' || trip.stops.filter((s) => s.place).length === 0);
  const name = (i: number) => trip.stops[i]?.place?.label ?? t('trip.place', { n: i + 1 });

  const setStop = (i: number, change: Partial<Stop>) => {
    const moved = 'place' in change;
    onChange({
      ...trip,
      stops: trip.stops.map((stop, n) => (n === i ? { ...stop, ...change } : stop)),
      // a road drawn to another place is no longer the road
      legs: trip.legs.map((leg, n) => (moved && (n === i || n === i - 1) ? { mode: leg.mode } : leg)),
    });
  };
  const setLeg = (i: number, change: Partial<Leg>) => onChange({ ...trip, legs: trip.legs.map((leg, n) => (n === i ? { ...leg, ...change } : leg)) });
  const add = () => onChange({ ...trip, stops: [...trip.stops, newStop()], legs: trip.stops.length ? [...trip.legs, { mode: 'unknown' }] : [] });
  const remove = (i: number) => {
    const legs = trip.legs.filter((_, n) => n !== Math.min(i, trip.legs.length - 1));
    // the movement over the gap is another than either before
    onChange({ ...trip, stops: trip.stops.filter((_, n) => n !== i), legs: legs.map((leg, n) => (n === i - 1 ? { mode: leg.mode } : leg)) });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    setAsked(true);
    if (!trip.stops.some(unfilled)) onCheck();
  };

  return (
    <form class="trip" onSubmit={submit} noValidate>
      <fieldset>
        <legend>{t('trip.stops')}</legend>
        <ol class="stops">
          {trip.stops.map((stop, i) => (
            <li key={stop.id}>
              <div class="stop">
                <PlaceField
                  label={t('trip.place', { n: i + 1 })}
                  text={stop.text}
                  place={stop.place}
                  error={asked && unfilled(stop) ? t('trip.needs_place') : undefined}
                  onText={(text) => setStop(i, { text, place: undefined })}
                  onPlace={(place) => setStop(i, { place, text: place.label })}
                />
                {i > 0 && <MomentField label={t('trip.arrive')} of={name(i)} moment={stop.arrive} onChange={(arrive) => setStop(i, { arrive })} />}
                {(i < trip.stops.length - 1 || i > 0) && (
                  <MomentField label={t('trip.depart')} of={name(i)} moment={stop.depart} onChange={(depart) => setStop(i, { depart })} />
                )}
                {trip.stops.length > 1 && (
                  <button type="button" class="plain remove" onClick={() => remove(i)}>
                    {t('trip.remove_stop', { place: name(i) })}
                  </button>
                )}
              </div>
              {i < trip.stops.length - 1 && <LegField trip={trip} i={i} from={name(i)} to={name(i + 1)} onChange={(change) => setLeg(i, change)} onDraw={() => onDraw(i)} />}
            </li>
          ))}
        </ol>
        <button type="button" onClick={add}>
          {t('trip.add_stop')}
        </button>
      </fieldset>
      <fieldset>
        <legend>{t('trip.traveller')}</legend>
        <Nationalities chosen={trip.nationalities} onChange={(nationalities) => onChange({ ...trip, nationalities })} />
        <p class="field">
          <label for="purpose">{t('trip.purpose')}</label>
          <select id="purpose" value={trip.purpose} onChange={(event) => onChange({ ...trip, purpose: event.currentTarget.value as Purpose })}>
            {PURPOSES.map((purpose) => (
              <option key={purpose} value={purpose}>
                {tOf('purpose', purpose)}
              </option>
            ))}
          </select>
        </p>
        <p class="field">
          <label for="as-of">{t('trip.as_of')}</label>
          <input id="as-of" type="date" value={trip.asOf} aria-describedby="as-of-about" onInput={(event) => onChange({ ...trip, asOf: event.currentTarget.value })} />
          <span class="hint" id="as-of-about">
            {t('trip.as_of_about')}
          </span>
        </p>
      </fieldset>
      <p class="go">
        <button type="submit" class="first" aria-disabled={checking}>
          {checking ? t('trip.checking') : t('trip.check')}
        </button>
        <span class="quiet">{t('page.private')}</span>
      </p>
    </form>
  );
}

interface MomentProps {
  label: string;
  of: string;
  moment: Moment;
  onChange: (moment: Moment) => void;
}

function MomentField({ label, of, moment, onChange }: MomentProps) {
  const about = (what: string) => `${of}: ${label}, ${what}`;
  return (
    <div class="moment">
      <span aria-hidden="true">{label}</span>
      <input type="date" aria-label={about(t('trip.date'))} value={moment.date} onInput={(event) => onChange({ ...moment, date: event.currentTarget.value })} />
      <input type="time" aria-label={about(t('trip.time'))} value={moment.time} onInput={(event) => onChange({ ...moment, time: event.currentTarget.value })} />
    </div>
  );
}

interface LegProps {
  trip: Trip;
  i: number;
  from: string;
  to: string;
  onChange: (change: Partial<Leg>) => void;
  onDraw: () => void;
}

function LegField({ trip, i, from, to, onChange, onDraw }: LegProps) {
  const leg = trip.legs[i] ?? { mode: 'unknown' as Mode };
  const drawn = line(trip, i);
  const placed = trip.stops[i]?.place && trip.stops[i + 1]?.place;
  return (
    <div class="leg">
      <label for={`mode-${i}`}>{t('trip.mode', { from, to })}</label>
      <select id={`mode-${i}`} value={leg.mode} onChange={(event) => onChange({ mode: event.currentTarget.value as Mode })}>
        {MODES.map((mode) => (
          <option key={mode} value={mode}>
            {tOf('mode', mode)}
          </option>
        ))}
      </select>
      {isOverland(leg.mode) && placed && (
        <p class="road">
          <span>{drawn ? t('trip.road_given', { distance: metres(lengthOf(drawn)) }) : t('trip.road_none')}</span>{' '}
          <button type="button" id={`draw-${i}`} onClick={onDraw}>
            {t('trip.road_draw')}
          </button>
          {drawn && (
            <button type="button" class="plain" onClick={() => onChange({ road: undefined })}>
              {t('trip.road_drop')}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
