// The bundled basemap: land and country outlines for orientation, in the page's own colours. It needs no other host.
import type { StyleSpecification } from 'maplibre-gl';
import { feature, mesh } from 'topojson-client';
import { country } from '../format';
import { codeOf, loadWorld } from './world';

const COLOURS = {
  light: { sea: '#dce8ef', land: '#fbfaf6', border: '#8b98a3', label: '#45525d', halo: '#ffffff' },
  dark: { sea: '#0f1a22', land: '#26313a', border: '#6f7f8c', label: '#c8d3db', halo: '#1a242c' },
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

export async function basemap(): Promise<StyleSpecification> {
  const atlas = await loadWorld();
  const colours = COLOURS[isDark() ? 'dark' : 'light'];
  const countries = feature(atlas, atlas.objects.countries);
  const names: GeoJSON.FeatureCollection = {
    type: 'FeatureCollection',
    features: countries.features.flatMap((one): GeoJSON.Feature[] => {
      const at = middle(one.geometry);
      const code = codeOf(one);
      return at && code ? [{ type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties: { name: country(code) } }] : [];
    }),
  };
  return {
    version: 8,
    sources: {
      land: { type: 'geojson', data: feature(atlas, atlas.objects.land) as GeoJSON.GeoJSON },
      borders: { type: 'geojson', data: { type: 'Feature', properties: {}, geometry: mesh(atlas, atlas.objects.countries, (a, b) => a !== b) } },
      names: { type: 'geojson', data: names },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': colours.sea } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colours.land } },
      { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': colours.border, 'line-width': 1, 'line-dasharray': [4, 2] } },
      {
        id: 'names',
        type: 'symbol',
        source: 'names',
        layout: { 'text-field': ['get', 'name'], 'text-size': 13, 'text-font': ['Noto Sans KR', 'Noto Sans Khmer', 'sans-serif'], 'text-max-width': 8 },
        paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
      },
    ],
  };
}
