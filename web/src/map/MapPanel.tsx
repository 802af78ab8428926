// The map itself.
import type { MapProps } from '../parts/MapSection';

export function MapPanel(_: MapProps) {
  return <p>…</p>;
}
