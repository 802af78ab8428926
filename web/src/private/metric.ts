// Metres on the WGS 84 ellipsoid: chords through the Earth for what is near, geodesics for what is far.

/** A place in space, metres from the centre of the Earth. */
export type Space = readonly [number, number, number];

const A = 6_378_137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
const R = 6_371_008.8;
const RADIAN = Math.PI / 180;
/** Chords up to this length become arcs by a series; longer ones are measured as geodesics. */
const CHORD_LIMIT_M = 100_000;
/** An edge that turns by at most 1.5 degrees leaves its chord by less than this part of it. */
const BULGE = 0.004;
/** Edges longer than this in either axis (one degree) are measured in pieces. */
const PIECE = 10_000_000;

export function space(lat: number, lon: number): Space {
  const [sinLat, cosLat] = [Math.sin(lat * RADIAN), Math.cos(lat * RADIAN)];
  const n = A / Math.sqrt(1 - E2 * sinLat * sinLat);
  return [n * cosLat * Math.cos(lon * RADIAN), n * cosLat * Math.sin(lon * RADIAN), n * (1 - E2) * sinLat];
}

const chord2 = (a: Space, b: Space): number => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;

/** Metres over ground between two places in degrees. */
export function distance(aLat: number, aLon: number, bLat: number, bLon: number): number {
  const chord = Math.sqrt(chord2(space(aLat, aLon), space(bLat, bLon)));
  return chord <= CHORD_LIMIT_M ? chord * (1 + (chord * chord) / (24 * R * R)) : geodesic(aLat, aLon, bLat, bLon);
}

/** Vincenty's inverse; next to the antipodes, where it does not settle, the great circle. */
function geodesic(aLat: number, aLon: number, bLat: number, bLon: number): number {
  const B = A * (1 - F);
  const L = (bLon - aLon) * RADIAN;
  const [u1, u2] = [Math.atan((1 - F) * Math.tan(aLat * RADIAN)), Math.atan((1 - F) * Math.tan(bLat * RADIAN))];
  const [sin1, cos1, sin2, cos2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = L;
  for (let i = 0; i < 100; i++) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)];
    const sinS = Math.hypot(cos2 * sinL, cos1 * sin2 - sin1 * cos2 * cosL);
    const cosS = sin1 * sin2 + cos1 * cos2 * cosL;
    const sigma = Math.atan2(sinS, cosS);
    const sinA = sinS === 0 ? 0 : (cos1 * cos2 * sinL) / sinS;
    const cos2A = 1 - sinA * sinA;
    const cosM = cos2A === 0 ? 0 : cosS - (2 * sin1 * sin2) / cos2A;
    const c = (F / 16) * cos2A * (4 + F * (4 - 3 * cos2A));
    const before = lambda;
    lambda = L + (1 - c) * F * sinA * (sigma + c * sinS * (cosM + c * cosS * (2 * cosM * cosM - 1)));
    if (Math.abs(lambda - before) > 1e-12) continue;
    const k = (cos2A * (A * A - B * B)) / (B * B);
    const a = 1 + (k / 16384) * (4096 + k * (-768 + k * (320 - 175 * k)));
    const b = (k / 1024) * (256 + k * (-128 + k * (74 - 47 * k)));
    const bend = b * sinS * (cosM + (b / 4) * (cosS * (2 * cosM * cosM - 1) - (b / 6) * cosM * (4 * sinS * sinS - 3) * (4 * cosM * cosM - 3)));
    return B * a * (sigma - bend);
  }
  const h = Math.sin(((bLat - aLat) * RADIAN) / 2) ** 2 + Math.cos(aLat * RADIAN) * Math.cos(bLat * RADIAN) * Math.sin(L / 2) ** 2;
  return 2 * R * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Edges in flat arrays: both ends on the grid, four numbers an edge, and in space, six. */
export interface Edges {
  grid: Int32Array;
  space: Float64Array;
}

export function edgesOf(grid: number[]): Edges {
  const ends = new Float64Array((grid.length / 2) * 3);
  for (let i = 0; i < grid.length; i += 2) ends.set(space(grid[i + 1]! / 1e7, grid[i]! / 1e7), (i / 2) * 3);
  return { grid: Int32Array.from(grid), space: ends };
}

/** Metres to the nearest of the edges; infinite without any. */
export function nearest(edges: Edges, lat: number, lon: number): number {
  const from = space(lat, lon);
  let [best, bestLat, bestLon] = [Infinity, 0, 0];
  for (let e = 0; e * 4 < edges.grid.length; e++) {
    const at = e * 6;
    const s = edges.space;
    const [start, end]: [Space, Space] = [[s[at]!, s[at + 1]!, s[at + 2]!], [s[at + 3]!, s[at + 4]!, s[at + 5]!]];
    const g = e * 4;
    const [ax, ay, bx, by] = [edges.grid[g]!, edges.grid[g + 1]!, edges.grid[g + 2]!, edges.grid[g + 3]!];
    const pieces = Math.max(1, Math.ceil(Math.max(Math.abs(ax - bx), Math.abs(ay - by)) / PIECE));
    if (pieces === 1) {
      const [flat2, length2] = segment(from, start, end);
      const reach = Math.sqrt(best) + BULGE * Math.sqrt(length2) + 1;
      if (flat2 > reach * reach) continue;
    }
    let low = start;
    for (let i = 1; i <= pieces; i++) {
      const high = i === pieces ? end : space(...between(ax, ay, bx, by, i / pieces));
      const found = onPiece(from, [ax, ay, bx, by], (i - 1) / pieces, i / pieces, low, high);
      if (found[0] < best) [best, bestLat, bestLon] = found;
      low = high;
    }
  }
  return best === Infinity ? Infinity : distance(lat, lon, bestLat, bestLon);
}

/** The squares of the distance from a place to a straight segment and of the segment's length. */
function segment(from: Space, start: Space, end: Space): [number, number] {
  const [x, y, z] = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
  const [px, py, pz] = [from[0] - start[0], from[1] - start[1], from[2] - start[2]];
  const length2 = x * x + y * y + z * z;
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * x + py * y + pz * z) / length2));
  return [(px - x * t) ** 2 + (py - y * t) ** 2 + (pz - z * t) ** 2, length2];
}

/** The latitude and longitude at a share of an edge, which is straight in both. */
function between(ax: number, ay: number, bx: number, by: number, t: number): [number, number] {
  return [ay / 1e7 + (by / 1e7 - ay / 1e7) * t, ax / 1e7 + (bx / 1e7 - ax / 1e7) * t];
}

/** The nearest place on a piece of an edge: the square of the chord, latitude, longitude. Gauss–Newton from the foot on the chord. */
function onPiece(from: Space, [ax, ay, bx, by]: [number, number, number, number], low: number, high: number, start: Space, end: Space): [number, number, number] {
  const along: Space = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
  const length2 = along[0] ** 2 + along[1] ** 2 + along[2] ** 2;
  if (length2 === 0) return [chord2(from, start), ...between(ax, ay, bx, by, low)];
  const foot = (at: Space) => ((from[0] - at[0]) * along[0] + (from[1] - at[1]) * along[1] + (from[2] - at[2]) * along[2]) / length2;
  const within = (s: number) => Math.min(1, Math.max(0, s));
  const place = (s: number) => {
    const at = between(ax, ay, bx, by, low + (high - low) * s);
    return { at, space: space(...at) };
  };
  let s = within(foot(start));
  let here = place(s);
  for (let i = 0; i < 3; i++) {
    const next = within(s + foot(here.space));
    if (Math.abs(next - s) < 1e-7) break;
    const candidate = place(next);
    if (chord2(from, candidate.space) >= chord2(from, here.space)) break;
    s = next;
    here = candidate;
  }
  let best: [number, number, number] = [chord2(from, here.space), ...here.at];
  for (const [d, t] of [[chord2(from, start), low], [chord2(from, end), high]] as const) if (d < best[0]) best = [d, ...between(ax, ay, bx, by, t)];
  return best;
}
