// The map, fetched when it is opened and not before.
import { useEffect, useState } from 'preact/hooks';
import type { ComponentType } from 'preact';
import type { Finding, FoundWays } from '../api/client';
import type { Trip } from '../trip';
import { t } from '../words';

/** What somebody is doing on the map beside looking. */
export type MapTask = { kind: 'draw'; leg: number } | { kind: 'tap' };

export interface MapProps {
  trip: Trip;
  findings: Finding[];
  ways: FoundWays[];
  nationalities: string[];
  task?: MapTask;
  /** Places that are tapped are not looked up by the service. */
  onDevice: boolean;
  onTask: (task: MapTask | undefined) => void;
  onChange: (trip: Trip) => void;
}

export function MapSection(props: MapProps) {
  const [open, setOpen] = useState(false);
  const [Panel, setPanel] = useState<ComponentType<MapProps> | undefined>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (props.task) setOpen(true);
  }, [props.task]);
  useEffect(() => {
    if (!open || Panel) return;
    import('../map/MapPanel')
      .then((module) => setPanel(() => module.MapPanel))
      .catch(() => setFailed(true));
  }, [open]);
  return (
    <section class="map" aria-labelledby="map">
      <h2 id="map">{t('map.heading')}</h2>
      <p>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? 'map.close' : 'map.open')}
        </button>
      </p>
      {open && (failed ? <p role="alert">{t('map.failed')}</p> : Panel ? <Panel {...props} /> : <p role="status">{t('map.loading')}</p>)}
    </section>
  );
}
