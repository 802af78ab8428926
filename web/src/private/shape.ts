// Shapes: placement of a position in three values, and the signed distance to the border, as the service does both.
import { HALF_TURN, isPole, POLE, shapeSide, TURN, type Ring, type Side, type Vertex } from './exact';
import { edgesOf, nearest, type Edges } from './metric';

/** An outline with what it is known to. */
export interface Shape {
  /** The country whose outline it is, if it is one. */
  country?: string;
  accuracy_m: number;
  /** The parts, each as its rings: the shell, then the holes. */
  parts: Ring[][];
  /** West, south, east and north of each part. */
  boxes: [number, number, number, number][];
  border?: Border;
}

/** A shape that contains a position, or may. */
export interface Placed {
  shape: number;
  placement: 'inside' | 'possible';
  /** Negative inside; infinite where there is no border. */
  margin_m: number;
  on_border: boolean;
}

/** The true border: without the cuts along ±180 and the edges along the poles. */
interface Border {
  edges: Edges;
  /** Latitudes of ±180 that lie inside the shape. */
  seam: [number, number][];
}

/** Reads a shape as a bundle packs it. */
export function unpack(packed: { country: string | null; accuracy_m: number; polygons: number[][][] }): Shape {
  const ring = (steps: number[]): Ring => {
    const out = new Int32Array(steps.length);
    for (let i = 0; i < steps.length; i++) out[i] = steps[i]! + (i < 2 ? 0 : out[i - 2]!);
    return out;
  };
  const parts = packed.polygons.map((polygon) => polygon.map(ring));
  return { country: packed.country ?? undefined, accuracy_m: packed.accuracy_m, parts, boxes: parts.map(([shell]) => boxOf(shell!)) };
}

function boxOf(ring: Ring): [number, number, number, number] {
  const box: [number, number, number, number] = [HALF_TURN, POLE, -HALF_TURN, -POLE];
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [ring[i]!, ring[i + 1]!];
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** Whether a place may be in a part or within some metres of it. Says yes too often rather than too seldom. */
function isNear(shape: Shape, v: Vertex, metres: number): boolean {
  const dy = metres / 0.01105 + 1;
  const farthest = Math.min(90, (Math.abs(v.lat) + dy) / 1e7);
  const dx = metres / (0.0110 * Math.cos((farthest * Math.PI) / 180) + 1e-9) + 1;
  return shape.boxes.some(([w, s, e, n]) => {
    if (v.lat < s - dy || v.lat > n + dy) return false;
    return isPole(v) || [v.lon, v.lon + TURN, v.lon - TURN].some((lon) => lon >= w - dx && lon <= e + dx);
  });
}

/** Every shape that contains the position or may. */
export function locate(shapes: Shape[], v: Vertex, accuracyM: number): Placed[] {
  return shapes.flatMap((shape, i): Placed[] => {
    const uncertain = accuracyM + shape.accuracy_m;
    if (!isNear(shape, v, uncertain)) return [];
    const { side, signed } = margin(shape, v);
    if (Math.abs(signed) < uncertain) return [{ shape: i, placement: 'possible', margin_m: signed, on_border: side === 'border' }];
    return side === 'outside' ? [] : [{ shape: i, placement: 'inside', margin_m: signed, on_border: side === 'border' }];
  });
}

/** On which side of the border a place lies, and how many metres from it, negative inside. */
export function margin(shape: Shape, v: Vertex): { side: Side; signed: number } {
  const border = (shape.border ??= borderOf(shape));
  let side = shapeSide(shape.parts, v);
  if (side === 'border' && isInteriorSeam(shape, border, v)) side = 'inside';
  if (side === 'border') return { side, signed: 0 };
  const metres = nearest(border.edges, v.lat / 1e7, v.lon / 1e7);
  return { side, signed: side === 'inside' ? -metres : metres };
}

type Edge = [number, number, number, number];

function* edges(parts: Ring[][]): Generator<Edge> {
  for (const ring of parts.flat()) for (let i = 0; i + 3 < ring.length; i += 2) yield [ring[i]!, ring[i + 1]!, ring[i + 2]!, ring[i + 3]!];
}

const isArtificial = ([ax, ay, bx, by]: Edge): boolean => (ay === by && Math.abs(ay) === POLE) || (ax === bx && Math.abs(ax) === HALF_TURN);

function borderOf({ parts, boxes }: Shape): Border {
  const cut = boxes.some(([w, s, e, n]) => w === -HALF_TURN || e === HALF_TURN || s === -POLE || n === POLE);
  const grid: number[] = [];
  if (!cut) {
    for (const edge of edges(parts)) grid.push(...edge);
    return { edges: edgesOf(grid), seam: [] };
  }
  const spans: Record<number, [number, number][]> = { [HALF_TURN]: [], [-HALF_TURN]: [] };
  for (const edge of edges(parts)) {
    if (!isArtificial(edge)) grid.push(...edge);
    const [ax, ay, bx, by] = edge;
    if (ax === bx && Math.abs(ax) === HALF_TURN) spans[ax]!.push([Math.min(ay, by), Math.max(ay, by)]);
  }
  const [east, west] = [merged(spans[HALF_TURN]!), merged(spans[-HALF_TURN]!)];
  const seam = east
    .flatMap(([low, high]) => west.map(([l, h]): [number, number] => [Math.max(low, l), Math.min(high, h)]))
    .filter(([low, high]) => low < high)
    .sort((a, b) => a[0] - b[0]);
  // where the shape goes on at one side only, the cut is border
  for (const [lon, all] of [[HALF_TURN, east], [-HALF_TURN, west]] as const) {
    for (const span of all) for (const [low, high] of without(span, seam)) grid.push(lon, low, lon, high);
  }
  return { edges: edgesOf(grid), seam };
}

function merged(spans: [number, number][]): [number, number][] {
  const out: [number, number][] = [];
  for (const [low, high] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = out.at(-1);
    if (last && last[1] >= low) last[1] = Math.max(last[1], high);
    else out.push([low, high]);
  }
  return out;
}

function without([low, high]: [number, number], removed: [number, number][]): [number, number][] {
  const rest: [number, number][] = [];
  let from = low;
  for (const [start, end] of removed) {
    if (end <= from || start >= high) continue;
    if (start > from) rest.push([from, start]);
    from = end;
  }
  if (from < high) rest.push([from, high]);
  return rest;
}

/** Whether a place on ±180 or at a pole has the shape all around it, although its parts end there. */
function isInteriorSeam({ parts }: Shape, { seam }: Border, v: Vertex): boolean {
  let surrounded: boolean;
  if (isPole(v)) {
    let along = 0;
    for (const [ax, ay, bx, by] of edges(parts)) if (ay === v.lat && by === v.lat) along += Math.abs(ax - bx);
    surrounded = along === TURN;
  } else surrounded = Math.abs(v.lon) === HALF_TURN && seam.some(([low, high]) => low < v.lat && v.lat < high);
  if (!surrounded) return false;
  // a hole may still touch the seam there
  for (const edge of edges(parts)) {
    if (isArtificial(edge)) continue;
    const [ax, ay, bx, by] = edge;
    if (isPole(v) ? ay === v.lat || by === v.lat : (ay === v.lat && Math.abs(ax) === HALF_TURN) || (by === v.lat && Math.abs(bx) === HALF_TURN)) return false;
  }
  return true;
}
