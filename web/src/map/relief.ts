/** The relief of the site, shaded from its own heights, as an image that fits the map. */
import type { TerrainHeader } from "../protocol";
import type { Palette } from "./palette";

export interface Relief {
  canvas: HTMLCanvasElement;
  /** Corners as the map wants them: top left, top right, bottom right, bottom left, [lon, lat]. */
  corners: [[number, number], [number, number], [number, number], [number, number]];
}

/** Light from the north-west, 45° up, as map readers expect it. */
const LIGHT = { east: -0.5, north: 0.5, up: Math.SQRT1_2 };
const STEEPEN = 2.5;
const WIDEST = 1_024;

const mercator = (lat: number): number => Math.asinh(Math.tan((lat * Math.PI) / 180));
const latitude = (y: number): number => (Math.atan(Math.sinh(y)) * 180) / Math.PI;

/** Shade of every pixel, 0 dark to 1 light, and height 0 lowest to 1 highest; rows from north to south, even in Mercator. */
export function shade(
  header: TerrainHeader, heights: Int16Array, columns: number, rows: number,
): { light: Float32Array; height: Float32Array } {
  const light = new Float32Array(columns * rows);
  const height = new Float32Array(columns * rows);
  const north = header.south + (header.rows - 1) * header.step_lat;
  const [top, bottom] = [mercator(north), mercator(header.south)];
  const east_m = header.step_lon * 111_320 * Math.cos((header.south * Math.PI) / 180);
  const north_m = header.step_lat * 110_950;
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of heights) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const at = (row: number, column: number): number =>
    heights[clamp(row, header.rows) * header.columns + clamp(column, header.columns)] ?? 0;
  for (let y = 0; y < rows; y++) {
    const lat = latitude(top + ((bottom - top) * (y + 0.5)) / rows);
    const row = Math.round((lat - header.south) / header.step_lat);
    for (let x = 0; x < columns; x++) {
      const column = Math.round(((x + 0.5) / columns) * (header.columns - 1));
      const slope_east = ((at(row, column + 1) - at(row, column - 1)) * header.unit_m * STEEPEN) / (2 * east_m);
      const slope_north = ((at(row + 1, column) - at(row - 1, column)) * header.unit_m * STEEPEN) / (2 * north_m);
      const facing = -slope_east * LIGHT.east - slope_north * LIGHT.north + LIGHT.up;
      light[y * columns + x] = Math.max(0, Math.min(1, facing / Math.hypot(slope_east, slope_north, 1)));
      height[y * columns + x] = (at(row, column) - lowest) / Math.max(1, highest - lowest);
    }
  }
  return { light, height };
}

function clamp(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, index));
}

/** Draw the relief in a theme's colours. */
export function relief(header: TerrainHeader, heights: Int16Array, palette: Palette): Relief | null {
  if (heights.length < header.rows * header.columns || header.rows < 2) return null;
  const columns = Math.min(WIDEST, header.columns * 2);
  const rows = Math.min(WIDEST, header.rows * 2);
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  const { light, height } = shade(header, heights, columns, rows);
  const image = pen.createImageData(columns, rows);
  for (let k = 0; k < light.length; k++) {
    const lit = light[k] ?? 0;
    const up = height[k] ?? 0;
    // flat ground lies at LIGHT.up and keeps its own colour
    const [toward, share] = lit >= LIGHT.up
      ? [palette.light, ((lit - LIGHT.up) / (1 - LIGHT.up)) * 0.75] : [palette.shade, (1 - lit / LIGHT.up) * 0.85];
    for (let band = 0; band < 3; band++) {
      const ground = (palette.low[band] ?? 0) + ((palette.high[band] ?? 0) - (palette.low[band] ?? 0)) * up;
      image.data[4 * k + band] = ground + ((toward[band] ?? 0) - ground) * share;
    }
    image.data[4 * k + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
  const [west, south] = [header.west, header.south];
  const east = west + (header.columns - 1) * header.step_lon;
  const north = south + (header.rows - 1) * header.step_lat;
  return { canvas, corners: [[west, north], [east, north], [east, south], [west, south]] };
}
