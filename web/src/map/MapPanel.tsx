// The map: advisories of one issuer on one day, the way with the parts inside, places and roads chosen by tapping or by keyboard.
import { LngLatBounds, Map as MapLibre, Marker, NavigationControl, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { useEffect, useRef, useState } from 'preact/hooks';
import { listAdvisories, listIssuers, nearestPlace, type AdvisoryFeature, type IssuerStatus } from '../api/client';
import { knownAs, levelCode } from '../answer';
import { LevelName } from '../parts/Answer';
import { PlaceField } from '../parts/PlaceField';
import type { MapProps } from '../parts/MapSection';
import { Swatch } from '../parts/Swatch';
import { newStop, type Corner, type Place, type Trip } from '../trip';
import { lang, said, t, tOf } from '../words';
import { basemap, dropTiles, isDark } from './basemap';
import { Credit } from './Credit';
import { addPattern, patternName } from './patterns';
import { TILES, type Tiles } from './tiles';
import { inside, ways } from './way';
import { countryAt } from './world';

setWorkerUrl(workerUrl);

const DAY = 86_400_000;
const nothing: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** The issuer whose advisories are shown at first: of the worst finding, else of the first nationality, else the first there is. */
function firstIssuer(props: MapProps, issuers: IssuerStatus[]): string {
  const worst = [...props.findings].filter((f) => f.governs).sort((a, b) => b.severity - a.severity)[0];
  return worst?.issuer ?? issuers.find((issuer) => issuer.nationalities.includes(props.nationalities[0] ?? ''))?.code ?? issuers[0]?.code ?? '';
}

/** The day shown at first: of the trip, else today. */
const firstDay = (trip: Trip): string => trip.stops.map((stop) => stop.arrive.date || stop.depart.date).find(Boolean) ?? dayOf(Date.now());

export function MapPanel(props: MapProps) {
  const { trip, findings, task, onTask, onChange } = props;
  const frame = useRef<HTMLDivElement>(null);
  const map = useRef<MapLibre | undefined>(undefined);
  const [ready, setReady] = useState(false);
  const [failed, setFailed] = useState(false);
  const [tiles, setTiles] = useState<Tiles | undefined>();
  const [noTiles, setNoTiles] = useState(false);
  const [issuers, setIssuers] = useState<IssuerStatus[]>([]);
  const [issuer, setIssuer] = useState('');
  const [day, setDay] = useState(firstDay(trip));
  const [shown, setShown] = useState<AdvisoryFeature[]>([]);
  const [picked, setPicked] = useState<string | undefined>();
  const [road, setRoad] = useState<Corner[]>([]);
  const [via, setVia] = useState('');
  const [told, setTold] = useState('');

  useEffect(() => {
    void listIssuers().then((known) => {
      setIssuers(known.issuers);
      setIssuer(firstIssuer(props, known.issuers));
    });
  }, []);
  // another answer may be about another issuer and another day
  useEffect(() => {
    if (issuers.length && findings.length) setIssuer(firstIssuer(props, issuers));
    setDay(firstDay(trip));
  }, [findings]);

  useEffect(() => {
    let gone = false;
    let made: MapLibre | undefined;
    // which tiles are fetched tells what is looked at
    void basemap(!props.onDevice)
      .then(({ style, over, tiles: found, failed: missing }) => {
        if (gone || !frame.current) return;
        setTiles(found);
        setNoTiles(missing);
        made = new MapLibre({ container: frame.current, style, center: [103, 13], zoom: 4, attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0, locale: { 'Map.Title': t('map.label'), 'NavigationControl.ZoomIn': t('map.zoom_in'), 'NavigationControl.ZoomOut': t('map.zoom_out') } });
        map.current = made;
        made.touchZoomRotate.disableRotation();
        made.addControl(new NavigationControl({ showCompass: false }));
        made.on('load', () => {
          if (!made || gone) return;
          layers(made, over);
          setReady(true);
        });
        if (found) withoutThem(made, () => (setTiles(undefined), setNoTiles(true)));
      })
      .catch(() => setFailed(true));
    return () => {
      gone = true;
      made?.remove();
      map.current = undefined;
      setReady(false);
    };
  }, [lang(), props.onDevice]);

  // the advisories of the issuer on the day
  useEffect(() => {
    if (!issuer || !/^\d{4}-\d\d-\d\d$/.test(day)) return;
    let overtaken = false;
    listAdvisories(issuer, `${day}T12:00:00Z`)
      .then((features) => {
        if (overtaken) return;
        features.sort((a, b) => b.properties.severity - a.properties.severity);
        setShown(features);
        setTold(t('map.list', { n: features.length }));
      })
      .catch(() => !overtaken && setShown([]));
    return () => {
      overtaken = true;
    };
  }, [issuer, day]);

  useEffect(() => {
    if (!ready || !map.current) return;
    const features = shown.filter((one) => one.geometry && one.properties.level).sort((a, b) => a.properties.severity - b.properties.severity);
    for (const { properties } of features) addPattern(map.current, properties.level!.colour, properties.severity);
    source(map.current, 'advisories').setData({
      type: 'FeatureCollection',
      features: features.map(({ geometry, properties }) => ({
        type: 'Feature' as const,
        geometry: geometry!,
        properties: { advisory: properties.advisory, severity: properties.severity, colour: properties.level!.colour, pattern: patternName(properties.level!.colour, properties.severity) },
      })),
    });
  }, [ready, shown]);

  useEffect(() => {
    if (!ready || !map.current) return;
    map.current.setFilter('picked', ['==', ['get', 'advisory'], picked ?? '']);
  }, [ready, picked, shown]);

  // the way
  useEffect(() => {
    if (!ready || !map.current) return;
    const here = map.current;
    source(here, 'ways').setData(ways(trip, props.ways));
    source(here, 'inside').setData(inside(trip, findings, props.ways));
    const markers = trip.stops.flatMap((stop, i) => (stop.place ? [marker(stop.place, i).addTo(here)] : []));
    return () => markers.forEach((one) => one.remove());
  }, [ready, trip, findings]);
  const places = trip.stops.map((stop) => stop.place && `${stop.place.lon} ${stop.place.lat}`).join();
  useEffect(() => {
    if (ready && map.current) fit(map.current, trip);
  }, [ready, places]);

  // what is tapped, or chosen with the cross
  const drawing = task?.kind === 'draw' ? task.leg : undefined;
  useEffect(() => setRoad(drawing === undefined ? [] : (trip.legs[drawing]?.road ?? [])), [drawing]);
  useEffect(() => {
    if (!ready || !map.current) return;
    const [from, to] = drawing === undefined ? [] : [trip.stops[drawing]?.place, trip.stops[drawing + 1]?.place];
    const corners: Corner[] = from ? [[from.lon, from.lat], ...road, ...(road.length && to ? [[to.lon, to.lat] as Corner] : [])] : [];
    source(map.current, 'drawn').setData({
      type: 'FeatureCollection',
      features: [
        { type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: corners } },
        ...road.map((at): GeoJSON.Feature => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: at } })),
      ],
    });
  }, [ready, road, drawing, trip]);

  /** The keyboard goes on from where the task was begun. */
  const leave = () => {
    const from = drawing === undefined ? 'tap-stop' : `draw-${drawing}`;
    onTask(undefined);
    requestAnimationFrame(() => document.getElementById(from)?.focus());
  };
  const take = (at: Corner) => {
    if (task?.kind === 'draw') {
      setRoad((before) => [...before, at]);
      setTold(t('map.points', { n: road.length + 1 }));
    } else if (task?.kind === 'tap') void addStop(at);
  };
  const addStop = async ([lon, lat]: Corner) => {
    const near = props.onDevice ? undefined : await nearestPlace(lat, lon, lang()).catch(() => undefined);
    const label = near?.place ? t('trip.near', { place: near.place.label }) : `${lat.toFixed(4)}, ${lon.toFixed(4)}`;
    const place: Place = { label, lat: round(lat), lon: round(lon), zone: near?.place?.zone, country: await countryAt(lat, lon).catch(() => undefined), accuracy_m: 100 };
    const free = trip.stops.findIndex((stop) => !stop.place && !stop.text);
    const stops = free < 0 ? [...trip.stops, { ...newStop(), place, text: label }] : trip.stops.map((stop, i) => (i === free ? { ...stop, place, text: label } : stop));
    onChange({ ...trip, stops, legs: stops.slice(1).map((_, i) => trip.legs[i] ?? { mode: 'unknown' }) });
    setTold(label);
  };
  const tapped = useRef(take);
  tapped.current = take;
  const chosen = useRef(task);
  chosen.current = task;
  useEffect(() => {
    if (!ready || !map.current) return;
    const here = map.current;
    const click = (event: { lngLat: { lng: number; lat: number }; point: { x: number; y: number } }) => {
      if (chosen.current) return tapped.current([round(event.lngLat.lng), round(event.lngLat.lat)]);
      const found = here.queryRenderedFeatures([event.point.x, event.point.y], { layers: ['areas'] });
      const top = found.sort((a, b) => b.properties.severity - a.properties.severity)[0];
      setPicked(top?.properties.advisory as string | undefined);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !chosen.current) return;
      event.preventDefault();
      const centre = here.getCenter();
      tapped.current([round(centre.lng), round(centre.lat)]);
    };
    here.on('click', click as never);
    here.getCanvas().addEventListener('keydown', key);
    return () => {
      here.off('click', click as never);
      here.getCanvas().removeEventListener('keydown', key);
    };
  }, [ready]);
  useEffect(() => {
    if (task && ready) map.current?.getCanvas().focus();
  }, [task, ready]);

  const show = (one: AdvisoryFeature) => {
    setPicked(one.properties.advisory);
    if (!one.geometry || !map.current) return;
    const bounds = boundsOf(one.geometry);
    if (bounds) map.current.fitBounds(bounds, { padding: 40, maxZoom: 10, animate: !matchMedia('(prefers-reduced-motion: reduce)').matches });
  };

  // what concerns the trip stands first
  const concerns = (one: AdvisoryFeature) => Number(findings.some((finding) => finding.revision.startsWith(`${one.properties.advisory}@`)));
  const listed = [...shown].sort((a, b) => concerns(b) - concerns(a));
  const status = issuers.find((one) => one.code === issuer);
  const days = dayRange(status, trip);
  const used = new Set(shown.map((one) => one.properties.level?.code));
  const leg = drawing === undefined ? undefined : [trip.stops[drawing]?.place?.label ?? '', trip.stops[drawing + 1]?.place?.label ?? ''];
  return (
    <div class="map-panel">
      {task ? (
        <div class="task">
          <p>{leg ? t('map.drawing', { from: leg[0]!, to: leg[1]! }) : t('map.tapping')}</p>
          {leg && (
            <>
              <PlaceField
                label={t('map.via')}
                text={via}
                onText={setVia}
                onPlace={(place) => {
                  setRoad((before) => [...before, [place.lon, place.lat]]);
                  setVia('');
                  setTold(t('map.points', { n: road.length + 1 }));
                }}
              />
              <p>{t('map.points', { n: road.length })}</p>
            </>
          )}
          <p class="row">
            <button
              type="button"
              class="first"
              onClick={() => {
                if (drawing !== undefined) onChange({ ...trip, legs: trip.legs.map((one, i) => (i === drawing ? { ...one, road: road.length ? road : undefined } : one)) });
                leave();
              }}
            >
              {t('map.done')}
            </button>
            {leg && (
              <>
                <button type="button" onClick={() => setRoad(road.slice(0, -1))}>
                  {t('map.undo')}
                </button>
                <button type="button" onClick={leave}>
                  {t('map.cancel')}
                </button>
              </>
            )}
          </p>
        </div>
      ) : (
        <div class="row">
          <p class="field">
            <label for="map-issuer">{t('map.issuer')}</label>
            <select id="map-issuer" value={issuer} onChange={(event) => setIssuer(event.currentTarget.value)}>
              {issuers.map((one) => (
                <option key={one.code} value={one.code} lang={knownAs(one)[0]}>
                  {knownAs(one)[1]}
                </option>
              ))}
            </select>
          </p>
          <p class="field">
            <label for="map-day">{t('map.day')}</label>
            <input id="map-day" type="date" value={day} onInput={(event) => setDay(event.currentTarget.value)} />
          </p>
          <p class="field grow">
            <label for="map-slider">{t('map.day_slider')}</label>
            <input
              id="map-slider"
              type="range"
              min={0}
              max={Math.round((days[1] - days[0]) / DAY)}
              value={Math.round((Date.parse(day) - days[0]) / DAY)}
              aria-valuetext={day}
              onInput={(event) => setDay(dayOf(days[0] + Number(event.currentTarget.value) * DAY))}
            />
          </p>
          <p>
            <button type="button" id="tap-stop" onClick={() => onTask({ kind: 'tap' })}>
              {t('map.tap_stop')}
            </button>
          </p>
        </div>
      )}
      {failed ? (
        <p role="alert">{t('map.failed')}</p>
      ) : (
        <div class={`frame${task ? ' busy' : ''}`} data-ready={ready}>
          <div class="canvas" ref={frame} />
          {task && <div class="cross" aria-hidden="true" />}
        </div>
      )}
      <Credit credit={tiles?.credit} host={tiles?.host} failed={noTiles} />
      <p class="unseen" aria-live="polite">
        {told}
      </p>
      {status && (
        <ul class="legend" aria-label={t('map.legend')}>
          {status.levels
            .filter((level) => used.has(level.code))
            .map((level) => (
              <li key={level.code}>
                <Swatch colour={level.colour} severity={level.severity} />
                <span>
                  <LevelName level={level} issuer={status} /> <span class="quiet">{tOf('severity', level.severity)}</span>
                </span>
              </li>
            ))}
          <li>
            <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
              <path d="M2 14H26" stroke="currentColor" stroke-width="4" />
            </svg>
            <span>{t('map.way')}</span>
          </li>
          <li>
            <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
              <path d="M2 14H26" stroke="currentColor" stroke-width="3" stroke-dasharray="5 4" />
            </svg>
            <span>{t('map.way_straight')}</span>
          </li>
          <li>
            <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
              <path d="M2 14H26" stroke="#d7191c" stroke-width="10" />
              <path d="M2 14H26" stroke="#fff" stroke-width="2" />
            </svg>
            <span>{t('map.way_inside')}</span>
          </li>
        </ul>
      )}
      <h3>{t('map.list', { n: shown.length })}</h3>
      {shown.length === 0 && <p>{t('map.list_empty')}</p>}
      <ul class="map-list">
        {listed.map((one) => (
          <li key={one.properties.advisory}>
            <Entry one={one} issuer={status} picked={picked === one.properties.advisory} onShow={() => show(one)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface EntryProps {
  one: AdvisoryFeature;
  issuer?: IssuerStatus;
  picked: boolean;
  onShow: () => void;
}

function Entry({ one, issuer, picked, onShow }: EntryProps) {
  const { properties } = one;
  const [titleLang, title] = said(properties.title);
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (picked) row.current?.scrollIntoView({ block: 'nearest' });
  }, [picked]);
  return (
    <>
      <button type="button" ref={row} class={picked ? 'picked' : ''} aria-pressed={picked} onClick={onShow}>
        {properties.level && <Swatch colour={properties.level.colour} severity={properties.severity} />}
        <span>
          <strong lang={titleLang}>{title}</strong>
          <span>
            {properties.level && levelCode(properties.level.code)}
            {properties.level && <span lang={knownAs(properties.level, issuer)[0]}>{knownAs(properties.level, issuer)[1]}</span>}
          </span>
        </span>
      </button>
      {picked && (
        <div class="said-here">
          <p lang={said(properties.text)[0]}>{said(properties.text)[1]}</p>
          <p>
            <a href={`/advisories/${encodeURIComponent(properties.advisory)}?lang=${lang()}`}>{t('answer.page')}</a>
            {issuer && (
              <span class="unseen" lang={knownAs(issuer)[0]}>
                {' '}
                {knownAs(issuer)[1]}
              </span>
            )}
          </p>
        </div>
      )}
    </>
  );
}

const round = (degrees: number): number => Math.round(degrees * 1e5) / 1e5;
const source = (map: MapLibre, name: string): GeoJSONSource => map.getSource(name) as GeoJSONSource;

/** From the first record of the issuer to today, and to the trip where that is later. */
function dayRange(issuer: IssuerStatus | undefined, trip: Trip): [number, number] {
  const firsts = (issuer?.coverage ?? []).map((one) => Date.parse(one.from ?? '')).filter(Number.isFinite);
  const days = trip.stops.flatMap((stop) => [stop.arrive.date, stop.depart.date]).map(Date.parse).filter(Number.isFinite);
  const floor = (time: number) => Math.floor(time / DAY) * DAY;
  return [floor(Math.min(Date.now() - 30 * DAY, ...firsts, ...days)), floor(Math.max(Date.now(), ...days))];
}

/** Where no tile comes and one fails, the bundled outlines are shown again. */
function withoutThem(map: MapLibre, onFailed: () => void): void {
  let some = false;
  map.on('data', (event) => {
    if (event.dataType === 'source' && event.sourceId === TILES && event.tile) some = true;
  });
  map.on('error', (event) => {
    if ((event as { sourceId?: string }).sourceId !== TILES) return console.error(event.error);
    if (some) return;
    some = true;
    dropTiles(map);
    onFailed();
  });
}

function layers(map: MapLibre, over: string | undefined): void {
  const ink = isDark() ? '#ffffff' : '#101820';
  const under = isDark() ? '#101820' : '#ffffff';
  for (const name of ['advisories', 'ways', 'inside', 'drawn']) map.addSource(name, { type: 'geojson', data: nothing });
  map.addLayer({ id: 'areas', type: 'fill', source: 'advisories', layout: { 'fill-sort-key': ['get', 'severity'] }, paint: { 'fill-pattern': ['get', 'pattern'] } }, over);
  map.addLayer({ id: 'edges', type: 'line', source: 'advisories', layout: { 'line-sort-key': ['get', 'severity'] }, paint: { 'line-color': ['get', 'colour'], 'line-width': 1.5 } }, over);
  map.addLayer({ id: 'picked', type: 'line', source: 'advisories', filter: ['==', ['get', 'advisory'], ''], paint: { 'line-color': ink, 'line-width': 3.5 } });
  map.addLayer({ id: 'ways-under', type: 'line', source: 'ways', paint: { 'line-color': under, 'line-width': 7 } });
  map.addLayer({ id: 'inside', type: 'line', source: 'inside', paint: { 'line-color': ['get', 'colour'], 'line-width': 13 } });
  map.addLayer({ id: 'inside-edge', type: 'line', source: 'inside', paint: { 'line-color': under, 'line-width': 6 } });
  map.addLayer({ id: 'ways', type: 'line', source: 'ways', filter: ['get', 'given'], paint: { 'line-color': ink, 'line-width': 3.5 } });
  map.addLayer({ id: 'ways-straight', type: 'line', source: 'ways', filter: ['!', ['get', 'given']], paint: { 'line-color': ink, 'line-width': 2.5, 'line-dasharray': [3, 2] } });
  map.addLayer({ id: 'drawn', type: 'line', source: 'drawn', paint: { 'line-color': '#b3541e', 'line-width': 4 } });
  map.addLayer({ id: 'drawn-bends', type: 'circle', source: 'drawn', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 5, 'circle-color': '#b3541e', 'circle-stroke-color': '#fff', 'circle-stroke-width': 1.5 } });
}

/** A numbered mark with the place's name, in the language it is written in. */
function marker(place: Place, i: number): Marker {
  const element = document.createElement('div');
  element.className = 'stop-mark';
  // the list of places says the same
  element.setAttribute('aria-hidden', 'true');
  const number = document.createElement('b');
  number.textContent = String(i + 1);
  const name = document.createElement('span');
  name.textContent = place.label;
  element.append(number, name);
  return new Marker({ element, anchor: 'left', offset: [-13, 0] }).setLngLat([place.lon, place.lat]);
}

function fit(map: MapLibre, trip: Trip): void {
  const places = trip.stops.flatMap((stop) => (stop.place ? [stop.place] : []));
  if (places.length === 0) return;
  const bounds = new LngLatBounds();
  for (const { lon, lat } of places) bounds.extend([lon, lat]);
  // names stand to the right of their places
  map.fitBounds(bounds, { padding: { top: 50, bottom: 50, left: 40, right: map.getContainer().clientWidth > 500 ? 150 : 100 }, maxZoom: 9, animate: false });
}

function boundsOf(geometry: GeoJSON.Geometry): LngLatBounds | undefined {
  const bounds = new LngLatBounds();
  const walk = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === 'number') bounds.extend(value as [number, number]);
    else value.forEach(walk);
  };
  if ('coordinates' in geometry) walk(geometry.coordinates);
  return bounds.isEmpty() ? undefined : bounds;
}
