/** Whether a place lies in a polygon of GeoJSON. */
import type { Geometry, Position } from "geojson";

function inRing(lon: number, lat: number, ring: readonly Position[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi = 0, yi = 0] = ring[i] ?? [];
    const [xj = 0, yj = 0] = ring[j] ?? [];
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Even-odd rule over all rings, holes included; false for what is no polygon. */
export function contains(geometry: Geometry, lon: number, lat: number): boolean {
  if (geometry.type === "Polygon") return geometry.coordinates.filter((ring) => inRing(lon, lat, ring)).length % 2 === 1;
  if (geometry.type === "MultiPolygon")
    return geometry.coordinates.some((rings) => rings.filter((ring) => inRing(lon, lat, ring)).length % 2 === 1);
  return false;
}
