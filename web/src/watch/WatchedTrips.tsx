// What is watched on this device, and what the service says of it now.
import { minute } from '../format';
import { t, tOf } from '../words';
import type { TripAnswer } from './service';
import type { Watcher } from './watcher';

interface Props {
  watcher: Watcher;
  trips: TripAnswer[];
  /** Whether there is another trip that may take a place. */
  replaceable: boolean;
  busy: boolean;
  onLeave: (id: string) => void;
  onReplace: (id: string) => void;
}

export function WatchedTrips({ watcher, trips, replaceable, busy, onLeave, onReplace }: Props) {
  if (watcher.trips.length === 0) return <p>{t('watch.no_trips')}</p>;
  return (
    <>
      <h3 id="watched">{t('watch.trips')}</h3>
      <ul class="plainlist watched" aria-labelledby="watched">
        {watcher.trips.map(({ id, label }) => (
          <li key={id}>
            <p>
              <strong>{label}</strong>
            </p>
            <Now trip={trips.find((one) => one.id === id)} />
            <p class="row">
              <button type="button" class="plain" aria-disabled={busy} aria-label={`${t('watch.stop_trip')}: ${label}`} onClick={() => onLeave(id)}>
                {t('watch.stop_trip')}
              </button>
              {replaceable && (
                <button type="button" class="plain" aria-disabled={busy} aria-label={`${t('watch.replace')}: ${label}`} onClick={() => onReplace(id)}>
                  {t('watch.replace')}
                </button>
              )}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

function Now({ trip }: { trip?: TripAnswer }) {
  // not heard of yet, or without a network
  if (!trip) return null;
  const gravest = Math.max(0, ...trip.matches.filter((one) => one.governs).map((one) => one.severity));
  return (
    <p class="quiet">
      {t('watch.now', { severity: tOf('severity', gravest) })} · {t('watch.until', { when: minute(trip.watched_until) })}
    </p>
  );
}
