// Outlines of the world's countries for orientation, as the page brings them along, and which of them a place lies in.
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import worldUrl from 'world-atlas/countries-50m.json?url';

export type World = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

let world: Promise<World> | undefined;
export const loadWorld = (): Promise<World> => (world ??= fetch(worldUrl).then((response) => response.json() as Promise<World>));

/** The countries' numbers (ISO 3166-1 numeric) by which the outlines name them, for the names in the reader's language. */
const BY_NUMBER: Record<string, string> = Object.fromEntries(
  'AF004 AL008 DZ012 AD020 AO024 AR032 AU036 AT040 BS044 BH048 BD050 AM051 BE056 BT064 BO068 BA070 BW072 BR076 BZ084 BN096 BG100 MM104 BI108 BY112 KH116 CM120 CA124 CF140 LK144 TD148 CL152 CN156 TW158 CO170 CG178 CD180 CR188 HR191 CU192 CY196 CZ203 BJ204 DK208 DO214 EC218 SV222 GQ226 ET231 ER232 EE233 FJ242 FI246 FR250 DJ262 GA266 GE268 GM270 PS275 DE276 GH288 GR300 GL304 GT320 GN324 GY328 HT332 HN340 HU348 IS352 IN356 ID360 IR364 IQ368 IE372 IL376 IT380 CI384 JM388 JP392 KZ398 JO400 KE404 KP408 KR410 KW414 KG417 LA418 LB422 LS426 LV428 LR430 LY434 LT440 LU442 MG450 MW454 MY458 ML466 MR478 MX484 MN496 MD498 ME499 MA504 MZ508 OM512 NA516 NP524 NL528 NZ554 NI558 NE562 NG566 NO578 PK586 PA591 PG598 PY600 PE604 PH608 PL616 PT620 GW624 TL626 QA634 RO642 RU643 RW646 SA682 SN686 RS688 SL694 SG702 SK703 VN704 SI705 SO706 ZA710 ZW716 ES724 SS728 SD729 SR740 SZ748 SE752 CH756 SY760 TJ762 TH764 TG768 TT780 AE784 TN788 TR792 TM795 UG800 UA804 MK807 EG818 GB826 TZ834 US840 BF854 UY858 UZ860 VE862 YE887 ZM894 MT470 MV462 SC690 MU480 KM174 CV132 ST678 AG028 DM212 GD308 KN659 LC662 VC670 BB052 TO776 WS882 KI296 MH584 FM583 PW585 NR520 TV798 VA336 SM674 MC492 LI438 HK344 MO446 AQ010 EH732 PR630 NC540 PF258 FK238 GU316 MP580 AS016 VI850 BM060 KY136 TC796 AI660 MS500 CW531 AW533 FO234 GG831 JE832 IM833 CK184 NU570 PM666 WF876 SX534 MF663 BL652 VG092'
    .split(' ')
    .map((pair) => [pair.slice(2), pair.slice(0, 2)]),
);

/** The code of a country of the atlas; none for places that have no number. */
export const codeOf = ({ id }: { id?: string | number }): string | undefined => BY_NUMBER[String(id).padStart(3, '0')];

/** The country that a place lies in, or else the nearest one, roughly: the outlines are good to a few kilometres. */
export async function countryAt(lat: number, lon: number): Promise<string | undefined> {
  const atlas = await loadWorld();
  let nearest: { code: string; away: number } | undefined;
  for (const one of feature(atlas, atlas.objects.countries).features) {
    const code = codeOf(one);
    const polygons = one.geometry.type === 'Polygon' ? [one.geometry.coordinates] : one.geometry.type === 'MultiPolygon' ? one.geometry.coordinates : [];
    for (const rings of code ? polygons : []) {
      if (rings.filter((ring) => isIn(ring, lat, lon)).length % 2 === 1) return code;
      for (const [x, y] of rings[0]!) {
        const away = ((x! - lon) * Math.cos((lat * Math.PI) / 180)) ** 2 + (y! - lat) ** 2;
        if (away < (nearest?.away ?? Infinity)) nearest = { code: code!, away };
      }
    }
  }
  return nearest?.code;
}

function isIn(ring: GeoJSON.Position[], lat: number, lon: number): boolean {
  let within = false;
  for (let i = 1; i < ring.length; i++) {
    const [[ax, ay], [bx, by]] = [ring[i - 1]!, ring[i]!];
    if (ay! > lat !== by! > lat && lon < ((bx! - ax!) * (lat - ay!)) / (by! - ay!) + ax!) within = !within;
  }
  return within;
}
