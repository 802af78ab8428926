// Exact tests on the grid of 10⁻⁷ degree: which side of an edge, in a ring, in a shape. The border counts as inside: danger is closed.

/** A closed ring: longitude and latitude of each vertex in turn, in 10⁻⁷ degree, the first one repeated at the end. */
export type Ring = Int32Array;

/** A place on the grid. */
export interface Vertex {
  lon: number;
  lat: number;
}

export const HALF_TURN = 1_800_000_000;
export const TURN = 2 * HALF_TURN;
export const POLE = 900_000_000;

export type Side = 'outside' | 'border' | 'inside';
const ORDER: Record<Side, number> = { outside: 0, border: 1, inside: 2 };
const most = (sides: Side[]): Side => sides.reduce<Side>((a, b) => (ORDER[b] > ORDER[a] ? b : a), 'outside');
const least = (sides: Side[]): Side => sides.reduce<Side>((a, b) => (ORDER[b] < ORDER[a] ? b : a), 'inside');

/** The grid point nearest to degrees in range: halves away from zero. */
export function nearestVertex(lat: number, lon: number): Vertex {
  const nearest = (degrees: number) => Math.trunc(degrees * 1e7 + (degrees < 0 || Object.is(degrees, -0) ? -0.5 : 0.5)) + 0;
  return { lon: nearest(lon), lat: nearest(lat) };
}

/** On which side of the directed line from a to b a place lies: 1 left, -1 right, 0 on it. */
export function turn(ax: number, ay: number, bx: number, by: number, px: number, py: number): number {
  const [dx, dy, qx, qy] = [bx - ax, by - ay, px - ax, py - ay];
  const [left, right] = [dx * qy, dy * qx];
  const difference = left - right;
  // each product is off by no more than 2⁻⁵³ of itself: beyond twice that the sign is certain, nearer it is settled in whole numbers
  if (Math.abs(difference) > (Math.abs(left) + Math.abs(right)) * 2 ** -52) return Math.sign(difference);
  const exact = BigInt(dx) * BigInt(qy) - BigInt(dy) * BigInt(qx);
  return exact > 0n ? 1 : exact < 0n ? -1 : 0;
}

/** Where a place lies relative to a ring, by winding number. */
export function ringSide(ring: Ring, v: Vertex): Side {
  let winding = 0;
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const [ax, ay, bx, by] = [ring[i]!, ring[i + 1]!, ring[i + 2]!, ring[i + 3]!];
    if (Math.max(ay, by) < v.lat || Math.min(ay, by) > v.lat) continue;
    const on = turn(ax, ay, bx, by, v.lon, v.lat);
    if (on === 0 && Math.min(ax, bx) <= v.lon && v.lon <= Math.max(ax, bx)) return 'border';
    if (ay <= v.lat && by > v.lat && on > 0) winding++;
    else if (ay > v.lat && by <= v.lat && on < 0) winding--;
  }
  return winding === 0 ? 'outside' : 'inside';
}

const OTHER: Record<Side, Side> = { inside: 'outside', border: 'border', outside: 'inside' };

/** Where a place lies relative to one part of a shape: its shell and its holes. */
function partSide([shell, ...holes]: Ring[], v: Vertex): Side {
  const inShell = ringSide(shell!, v);
  return inShell === 'inside' ? least(holes.map((hole) => OTHER[ringSide(hole, v)])) : inShell;
}

export const isPole = (v: Vertex): boolean => Math.abs(v.lat) === POLE;

/** Where a place lies relative to a shape under either name of ±180, a pole under all longitudes; there it may be `border` where the shape goes on. */
export function shapeSide(parts: Ring[][], v: Vertex): Side {
  if (isPole(v)) return parts.some(([shell]) => shell!.some((at, i) => i % 2 === 1 && at === v.lat)) ? 'border' : 'outside';
  const names = Math.abs(v.lon) === HALF_TURN ? [v, { ...v, lon: -v.lon }] : [v];
  return most(names.flatMap((name) => parts.map((part) => partSide(part, name))));
}
