// The operator's own tiles, where there are some: drawn over the bundled outlines, which stay where the tiles end.
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl';
import { readBasemap, type Basemap } from '../api/client';
import { lang } from '../words';

export interface Colours {
  sea: string;
  land: string;
  border: string;
  road: string;
  label: string;
  halo: string;
}

export interface Tiles {
  sources: Record<string, SourceSpecification>;
  /** What lies under the advisories, and what over them. */
  under: LayerSpecification[];
  over: LayerSpecification[];
  /** Whom they are owed to, as HTML. */
  credit?: string;
  /** Who sees which part of the map is looked at, where it is somebody else. */
  host?: string;
}

/** The names of the sources: the tiles, and what lies under them. */
export const TILES = 'tiles';
export const GROUND = 'ground';

export type Box = [number, number, number, number];
/** What is known of tiles before any is drawn. */
export interface Found {
  tiles: string[];
  vector: boolean;
  minzoom: number;
  maxzoom: number;
  bounds: Box;
  credit?: string;
}

export const WORLD: Box = [-180, -85.0511, 180, 85.0511];

/** None where the operator gave none. */
export async function operatorTiles(colours: Colours, dark: boolean): Promise<Tiles | undefined> {
  const basemap = await readBasemap();
  if (!basemap.url) return undefined;
  const found = basemap.kind === 'archive' ? await (await import('./archive')).inArchive(basemap.url) : byTemplate(basemap as Basemap & { url: string });
  const { tiles, minzoom, maxzoom, bounds } = found;
  const source: SourceSpecification = found.vector
    ? { type: 'vector', tiles, minzoom, maxzoom, bounds }
    : { type: 'raster', tiles, minzoom, maxzoom, bounds, tileSize: 256 };
  const { host } = new URL(basemap.url, location.href);
  return {
    sources: { [TILES]: source, ...(found.vector && { [GROUND]: ground(bounds) }) },
    ...(found.vector ? vectorLayers(colours) : { under: [pictures(dark)], over: [] }),
    credit: basemap.attribution ?? found.credit,
    host: host === location.host ? undefined : host,
  };
}

function byTemplate({ url, kind }: Basemap & { url: string }): Found {
  const vector = kind === 'vector';
  // who serves vector tiles stops at 14, pictures at 19; what is nearer is drawn from those
  return { tiles: [url], vector, minzoom: 0, maxzoom: vector ? 14 : 19, bounds: WORLD };
}

/** Calmer than they come: the advisories are what is to be seen. */
const pictures = (dark: boolean): LayerSpecification => ({ id: 'pictures', type: 'raster', source: TILES, paint: { 'raster-saturation': -0.35, 'raster-brightness-max': dark ? 0.6 : 1, 'raster-fade-duration': 0 } });

/** Where there are tiles, what they leave out is land: the bundled outlines would not meet their coasts. */
function ground([west, south, east, north]: Box): SourceSpecification {
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  return { type: 'geojson', data: { type: 'Polygon', coordinates: [ring] } };
}

/** What the layers of Protomaps', OpenMapTiles' and Shortbread's tiles are called; those that a tile has not are not drawn. */
const CALLED = {
  land: ['earth'],
  water: ['water', 'ocean', 'water_polygons'],
  roads: ['roads', 'transportation', 'streets'],
  borders: ['boundaries', 'boundary'],
  places: ['places', 'place', 'place_labels'],
};

/** Countries are named by the bundled map, in the reader's language. */
const NOT_TOWNS = ['country', 'continent', 'state', 'region', 'province', 'macroregion'];

function vectorLayers(colours: Colours): { under: LayerSpecification[]; over: LayerSpecification[] } {
  const fills = (role: 'land' | 'water', colour: string): LayerSpecification[] =>
    CALLED[role].map((name) => ({ id: `${TILES}-${name}`, type: 'fill', source: TILES, 'source-layer': name, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour } }));
  const lines = (role: 'roads' | 'borders', paint: object): LayerSpecification[] =>
    CALLED[role].map((name) => ({ id: `${TILES}-${name}`, type: 'line', source: TILES, 'source-layer': name, filter: ['==', ['geometry-type'], 'LineString'], paint }));
  const named: LayerSpecification[] = CALLED.places.map((name) => ({
    id: `${TILES}-${name}`,
    type: 'symbol',
    source: TILES,
    'source-layer': name,
    filter: ['!', ['in', ['coalesce', ['get', 'class'], ['get', 'kind'], ''], ['literal', NOT_TOWNS]]],
    layout: {
      'text-field': ['coalesce', ['get', `name:${lang()}`], ['get', `name_${lang()}`], ['get', 'name:en'], ['get', 'name_en'], ['get', 'name'], ''],
      'text-size': 12,
      'text-font': ['Noto Sans KR', 'Noto Sans Khmer', 'sans-serif'],
      'text-max-width': 8,
      'symbol-sort-key': ['coalesce', ['get', 'rank'], ['-', 20, ['coalesce', ['get', 'population_rank'], 0]]],
    },
    paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
  }));
  return {
    under: [
      { id: `${TILES}-ground`, type: 'fill', source: GROUND, paint: { 'fill-color': colours.land } },
      ...fills('land', colours.land),
      ...fills('water', colours.sea),
      ...lines('roads', { 'line-color': colours.road, 'line-width': ['interpolate', ['linear'], ['zoom'], 5, 0.5, 12, 2] }),
    ],
    over: [...lines('borders', { 'line-color': colours.border, 'line-width': 1, 'line-dasharray': [4, 2] }), ...named],
  };
}

/** Words and links of a credit; nothing else of its HTML is taken. */
export function creditParts(html: string): { text: string; href?: string }[] {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  const walk = (node: Node): { text: string; href?: string }[] => {
    if (node.nodeType === Node.TEXT_NODE) return [{ text: node.textContent ?? '' }];
    const href = node instanceof HTMLAnchorElement ? node.getAttribute('href') : undefined;
    if (href && /^https?:\/\//.test(href)) return [{ text: node.textContent ?? '', href }];
    return node.nodeName === 'SCRIPT' || node.nodeName === 'STYLE' ? [] : [...node.childNodes].flatMap(walk);
  };
  return walk(body).filter(({ text }) => text.trim());
}
