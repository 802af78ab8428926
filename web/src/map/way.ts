// The way of a trip as lines: what is given, what is only straight, and the parts inside an area.
import type { Finding, FoundWays } from '../api/client';
import { isOverland, lengthOf, line, type Corner, type Trip } from '../trip';

type Lines = GeoJSON.FeatureCollection<GeoJSON.LineString>;

const drawn = (coordinates: Corner[], properties: object): GeoJSON.Feature<GeoJSON.LineString> => ({
  type: 'Feature',
  properties,
  geometry: { type: 'LineString', coordinates },
});

/** The line of one of the ways that the service found. */
const foundLine = (found: FoundWays | undefined, option: number): Corner[] | undefined => {
  const geometry = found?.options[option]?.geometry as GeoJSON.Geometry | undefined;
  return geometry?.type === 'LineString' ? (geometry.coordinates as Corner[]) : undefined;
};

/** Each movement: solid where the road was given or found, broken where the line is only straight. */
export function ways(trip: Trip, found: FoundWays[]): Lines {
  const features = trip.legs.flatMap((leg, i) => {
    const [from, to] = [trip.stops[i]?.place, trip.stops[i + 1]?.place];
    if (!from || !to || leg.mode === 'stay') return [];
    const given = isOverland(leg.mode) ? line(trip, i) : undefined;
    const known = found.find((one) => one.leg === `${trip.stops[i]!.id}-${trip.stops[i + 1]!.id}`);
    const lines = given || !known ? [] : known.options.map((_, n) => foundLine(known, n)).filter((corners) => corners !== undefined);
    if (lines.length) return lines.map((corners) => drawn(corners, { given: true }));
    return [drawn(given ?? [[from.lon, from.lat], [to.lon, to.lat]], { given: given !== undefined })];
  });
  return { type: 'FeatureCollection', features };
}

/** The parts of given ways that lie inside an area, with the colour of its level. */
export function inside(trip: Trip, findings: Finding[], found: FoundWays[]): Lines {
  const features = findings.flatMap((finding) => {
    const { subject, way } = finding;
    if (subject.kind !== 'leg' || !way || !finding.governs || finding.severity < 2) return [];
    const i = trip.stops.findIndex((stop, n) => `${stop.id}-${trip.stops[n + 1]?.id}` === subject.id);
    const corners = (i < 0 ? undefined : line(trip, i)) ?? foundLine(found.find((one) => one.leg === subject.id), way.option ?? 0);
    if (!corners) return [];
    const last = way.passages.at(-1)!;
    // of very many passages the last are not told apart
    const parts = way.passages.map((one) => [one.enters_m, one === last ? way.leaves_m : one.leaves_m] as const);
    const properties = { colour: finding.level.colour, severity: finding.severity };
    return parts.map(([enters, leaves]) => drawn(part(corners, enters, leaves), properties));
  });
  features.sort((a, b) => a.properties!.severity - b.properties!.severity);
  return { type: 'FeatureCollection', features };
}

/** The piece of a line between two distances from its start. */
function part(corners: Corner[], from: number, to: number): Corner[] {
  // the service measures on the ellipsoid, this page on the sphere: shares of the whole agree
  const kept: Corner[] = [];
  let before = 0;
  for (let i = 1; i < corners.length; i++) {
    const [a, b] = [corners[i - 1]!, corners[i]!];
    const length = lengthOf([a, b]);
    const at = (m: number): Corner => [a[0] + ((b[0] - a[0]) * (m - before)) / length, a[1] + ((b[1] - a[1]) * (m - before)) / length];
    if (length > 0 && before + length >= from && before <= to) {
      if (kept.length === 0) kept.push(at(Math.max(from, before)));
      kept.push(to < before + length ? at(to) : b);
    }
    before += length;
  }
  return kept;
}
