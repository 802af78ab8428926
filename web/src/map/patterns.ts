// Fills for the map: the issuer's colour with the pattern of our reading, the same marks as in the lists.
import type { Map as MapLibre } from 'maplibre-gl';
import { isLight } from '../parts/Swatch';

/** The side of a pattern's tile, in pixels of the canvas; drawn at twice the size for fine screens. */
const SIDE = 32;

export const patternName = (colour: string, severity: number): string => `level ${colour} ${severity}`;

/** How much of the ground a fill covers, by severity: what is graver is seen first. */
const COVER = [0.1, 0.12, 0.38, 0.5, 0.6, 0.75];

/** Adds the image that fills areas of a level, once. */
export function addPattern(map: MapLibre, colour: string, severity: number): void {
  const name = patternName(colour, severity);
  if (map.hasImage(name)) return;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const draw = canvas.getContext('2d', { willReadFrequently: true });
  if (!draw) return;
  draw.globalAlpha = COVER[severity] ?? 0.5;
  draw.fillStyle = colour;
  draw.fillRect(0, 0, SIDE, SIDE);
  draw.globalAlpha = 0.8;
  draw.strokeStyle = draw.fillStyle = isLight(colour) ? '#3a3a3a' : severity === 5 ? '#ffffff' : colour;
  marks(draw, severity);
  map.addImage(name, draw.getImageData(0, 0, SIDE, SIDE), { pixelRatio: 2 });
}

/** The marks of a severity, so that tiles join without a seam. */
function marks(draw: CanvasRenderingContext2D, severity: number): void {
  const slanted = (width: number, direction: 1 | -1) => {
    draw.lineWidth = width;
    draw.beginPath();
    for (const at of [-SIDE, 0, SIDE]) {
      draw.moveTo(at - 4, direction > 0 ? -4 : SIDE + 4);
      draw.lineTo(at + SIDE + 4, direction > 0 ? SIDE + 4 : -4);
    }
    draw.stroke();
  };
  if (severity === 2) {
    for (const [x, y] of [[8, 8], [24, 24]] as const) {
      draw.beginPath();
      draw.arc(x, y, 3, 0, 7);
      draw.fill();
    }
  } else if (severity === 3) {
    slanted(6, -1);
  } else if (severity === 4) {
    slanted(4, -1);
    slanted(4, 1);
  } else if (severity === 5) {
    draw.lineWidth = 5;
    draw.beginPath();
    draw.moveTo(8, 8);
    draw.lineTo(24, 24);
    draw.moveTo(24, 8);
    draw.lineTo(8, 24);
    draw.stroke();
  }
}
