/** A site being set up, as data: what clicks on the map make of it.  Pure. */
import type { Site } from "./protocol";

export interface DraftZone {
  id: string;
  name: string;
  name_ar: string;
  shelter_s: number;
  population: number;
  /** A polygon of [lat, lon] corners, or a circle. */
  polygon_deg?: [number, number][];
  latitude_deg?: number;
  longitude_deg?: number;
  radius_m?: number;
}

export interface DraftSensor {
  id: string;
  kind: string;
  latitude_deg: number;
  longitude_deg: number;
  height_above_ground_m?: number;
  height_m?: number;
  max_range_m?: number;
}

export interface Draft {
  zones: DraftZone[];
  sensors: DraftSensor[];
}

export type Tool = { what: "polygon"; corners: [number, number][] } | { what: "circle" } | { what: "sensor"; kind: string } | null;

export const KINDS = ["camera", "radar", "acoustic", "balloon", "drone", "cooperative"] as const;
/** What a new sensor of a kind begins with: height above ground and reach, in metres. */
const BEGINS: Record<string, { height: number; reach: number }> = {
  camera: { height: 10, reach: 8_000 }, radar: { height: 12, reach: 15_000 }, acoustic: { height: 2, reach: 8_000 },
  balloon: { height: 300, reach: 20_000 }, drone: { height: 400, reach: 8_000 }, cooperative: { height: 10, reach: 100_000 },
};

/** Begin from what the station has now. */
export function ofSite(site: Site): Draft {
  return {
    zones: site.zones.map((zone) => ({
      id: zone.zone_id, name: zone.name, name_ar: zone.name_ar, shelter_s: zone.shelter_s, population: zone.population,
      ...(zone.polygon && zone.polygon.length >= 3
        ? { polygon_deg: zone.polygon } : { latitude_deg: zone.lat, longitude_deg: zone.lon, radius_m: zone.radius_m ?? 100 }),
    })),
    sensors: site.sensors.filter((sensor) => sensor.lat !== 0 || sensor.lon !== 0).map((sensor) => ({
      id: sensor.sensor_id, kind: sensor.kind, latitude_deg: sensor.lat, longitude_deg: sensor.lon, height_m: sensor.h,
      ...(sensor.max_range_m ? { max_range_m: sensor.max_range_m } : {}),
    })),
  };
}

/** A name that no other has yet: prefix and the next free number. */
export function freeId(prefix: string, taken: readonly { id: string }[]): string {
  const ids = new Set(taken.map((item) => item.id));
  let number = 1;
  while (ids.has(`${prefix}${number}`)) number++;
  return `${prefix}${number}`;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** What a click on the map does with the tool in hand; gives the draft and the tool after it. */
export function clicked(now: Draft, hand: Tool, lat: number, lon: number): { draft: Draft; tool: Tool } {
  const [latitude_deg, longitude_deg] = [rounded(lat), rounded(lon)];
  if (hand?.what === "polygon")
    return { draft: now, tool: { what: "polygon", corners: [...hand.corners, [latitude_deg, longitude_deg]] } };
  if (hand?.what === "circle") {
    const id = freeId("Z", now.zones);
    const zone = { id, name: id, name_ar: "", shelter_s: 15, population: 0, latitude_deg, longitude_deg, radius_m: 200 };
    return { draft: { ...now, zones: [...now.zones, zone] }, tool: null };
  }
  if (hand?.what === "sensor") {
    const id = freeId(`${hand.kind.toUpperCase().slice(0, 3)}-`, now.sensors);
    const begin = BEGINS[hand.kind] ?? { height: 5, reach: 5_000 };
    const sensor = { id, kind: hand.kind, latitude_deg, longitude_deg, height_above_ground_m: begin.height, max_range_m: begin.reach };
    return { draft: { ...now, sensors: [...now.sensors, sensor] }, tool: null };
  }
  return { draft: now, tool: hand };
}

/** Close the polygon in hand into a zone. */
export function closed(now: Draft, hand: Tool): { draft: Draft; tool: Tool } {
  if (hand?.what !== "polygon" || hand.corners.length < 3) return { draft: now, tool: hand };
  const id = freeId("Z", now.zones);
  const zone = { id, name: id, name_ar: "", shelter_s: 15, population: 0, polygon_deg: hand.corners };
  return { draft: { ...now, zones: [...now.zones, zone] }, tool: null };
}
