// The bundled basemap: land and country outlines for orientation, in the page's own colours. It needs no other host.
import type { StyleSpecification } from 'maplibre-gl';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import worldUrl from 'world-atlas/countries-50m.json?url';
import { country } from '../format';

type World = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

let world: Promise<World> | undefined;
const load = (): Promise<World> => (world ??= fetch(worldUrl).then((response) => response.json() as Promise<World>));

const COLOURS = {
  light: { sea: '#dce8ef', land: '#fbfaf6', border: '#8b98a3', label: '#45525d', halo: '#ffffff' },
  dark: { sea: '#0f1a22', land: '#26313a', border: '#6f7f8c', label: '#c8d3db', halo: '#1a242c' },
};

export const isDark = (): boolean => matchMedia('(prefers-color-scheme: dark)').matches;

/** The countries' numbers (ISO 3166-1 numeric) by which the outlines name them, for the names in the reader's language. */
const BY_NUMBER: Record<string, string> = Object.fromEntries(
  'AF004 AL008 DZ012 AD020 AO024 AR032 AU036 AT040 BS044 BH048 BD050 AM051 BE056 BT064 BO068 BA070 BW072 BR076 BZ084 BN096 BG100 MM104 BI108 BY112 KH116 CM120 CA124 CF140 LK144 TD148 CL152 CN156 TW158 CO170 CG178 CD180 CR188 HR191 CU192 CY196 CZ203 BJ204 DK208 DO214 EC218 SV222 GQ226 ET231 ER232 EE233 FJ242 FI246 FR250 DJ262 GA266 GE268 GM270 PS275 DE276 GH288 GR300 GL304 GT320 GN324 GY328 HT332 HN340 HU348 IS352 IN356 ID360 IR364 IQ368 IE372 IL376 IT380 CI384 JM388 JP392 KZ398 JO400 KE404 KP408 KR410 KW414 KG417 LA418 LB422 LS426 LV428 LR430 LY434 LT440 LU442 MG450 MW454 MY458 ML466 MR478 MX484 MN496 MD498 ME499 MA504 MZ508 OM512 NA516 NP524 NL528 NZ554 NI558 NE562 NG566 NO578 PK586 PA591 PG598 PY600 PE604 PH608 PL616 PT620 GW624 TL626 QA634 RO642 RU643 RW646 SA682 SN686 RS688 SL694 SG702 SK703 VN704 SI705 SO706 ZA710 ZW716 ES724 SS728 SD729 SR740 SZ748 SE752 CH756 SY760 TJ762 TH764 TG768 TT780 AE784 TN788 TR792 TM795 UG800 UA804 MK807 EG818 GB826 TZ834 US840 BF854 UY858 UZ860 VE862 YE887 ZM894'
    .split(' ')
    .map((pair) => [pair.slice(2), pair.slice(0, 2)]),
);

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
  const atlas = await load();
  const colours = COLOURS[isDark() ? 'dark' : 'light'];
  const countries = feature(atlas, atlas.objects.countries);
  const names: GeoJSON.FeatureCollection = {
    type: 'FeatureCollection',
    features: countries.features.flatMap((one): GeoJSON.Feature[] => {
      const at = middle(one.geometry);
      const code = BY_NUMBER[String(one.id).padStart(3, '0')];
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
