// The basemap: land and country outlines for orientation, in the page's own colours, which need no other host; and tiles over them, where there are some.
import type { LayerSpecification, Map as MapLibre, StyleSpecification } from 'maplibre-gl';
import { feature, mesh } from 'topojson-client';
import { country } from '../format';
import { GROUND, operatorTiles, TILES, type Colours, type Tiles } from './tiles';
import { codeOf, loadWorld } from './world';

const COLOURS: Record<'light' | 'dark', Colours> = {
  light: { sea: '#dce8ef', land: '#fbfaf6', border: '#8b98a3', road: '#d9d3c7', label: '#45525d', halo: '#ffffff' },
  dark: { sea: '#0f1a22', land: '#26313a', border: '#6f7f8c', road: '#46525c', label: '#c8d3db', halo: '#1a242c' },
};

export const isDark = (): boolean => matchMedia('(prefers-color-scheme: dark)').matches;

/** The middle of the largest ring of a country, where its name stands. */
function middle(geometry: GeoJSON.Geometry): [number, number] | undefined {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  const boxes = polygons.map(([shell]) => {
    const [xs, ys] = [shell!.map((c) => c[0]!), shell!.map((c) => c[1]!)];
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
  });
  const largest = boxes.sort((a, b) => (b[2] - b[0]) * (b[3] - b[1]) - (a[2] - a[0]) * (a[3] - a[1]))[0];
  return largest && [(largest[0] + largest[2]) / 2, (largest[1] + largest[3]) / 2];
}

export interface Basemap {
  style: StyleSpecification;
  /** The lowest layer over the advisories; none where they are the highest. */
  over?: string;
  tiles?: Tiles;
  /** There should be tiles, and their archive cannot be read. */
  failed: boolean;
}

/** With the operator's tiles, unless somebody is not to be told which part of the map is looked at. */
export async function basemap(withTiles: boolean): Promise<Basemap> {
  const [atlas, dark] = [await loadWorld(), isDark()];
  const colours = COLOURS[dark ? 'dark' : 'light'];
  let failed = false;
  const tiles = withTiles ? await operatorTiles(colours, dark).catch(() => void (failed = true)) : undefined;
  const countries = feature(atlas, atlas.objects.countries);
  const names: GeoJSON.FeatureCollection = {
    type: 'FeatureCollection',
    features: countries.features.flatMap((one): GeoJSON.Feature[] => {
      const at = middle(one.geometry);
      const code = codeOf(one);
      return at && code ? [{ type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties: { name: country(code) } }] : [];
    }),
  };
  const borders: LayerSpecification = { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': colours.border, 'line-width': 1, 'line-dasharray': [4, 2] } };
  const named: LayerSpecification = {
    id: 'names',
    type: 'symbol',
    source: 'names',
    layout: { 'text-field': ['get', 'name'], 'text-size': 13, 'text-font': ['Noto Sans KR', 'Noto Sans Khmer', 'sans-serif'], 'text-max-width': 8 },
    paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
  };
  const under: LayerSpecification[] = [
    { id: 'sea', type: 'background', paint: { 'background-color': colours.sea } },
    { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colours.land } },
  ];
  const sources: StyleSpecification['sources'] = {
    land: { type: 'geojson', data: feature(atlas, atlas.objects.land) as GeoJSON.GeoJSON },
    borders: { type: 'geojson', data: { type: 'Feature', properties: {}, geometry: mesh(atlas, atlas.objects.countries, (a, b) => a !== b) } },
    names: { type: 'geojson', data: names },
  };
  if (!tiles) return { style: { version: 8, sources, layers: [...under, borders, named] }, over: borders.id, failed };
  // pictures have names of their own, vector tiles leave those of countries to us
  const over = tiles.over.length ? [...tiles.over, named] : [];
  const layers = [...under, borders, ...(over.length ? [] : [named]), ...tiles.under, ...over];
  return { style: { version: 8, sources: { ...sources, ...tiles.sources }, layers }, over: over[0]?.id, tiles, failed };
}

/** Tiles that cannot be had leave the bundled outlines. */
export function dropTiles(map: MapLibre): void {
  for (const layer of map.getStyle().layers) if ('source' in layer && (layer.source === TILES || layer.source === GROUND)) map.removeLayer(layer.id);
}
