/**
 * What the loss of a sensor means for the zones: which of them nobody watches any more, and which fewer watch than before.
 *
 * Whether anybody watches a zone is the station's word (watch.ts).  Which sensors do is told from the map: those whose coverage
 * (ground seen with terrain masking, from the station) holds its middle.
 */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { contains } from "./places/inside";
import type { Sensor, Zone, ZoneState } from "./protocol";
import { watchingOf } from "./watch";

export type Coverage = FeatureCollection<Geometry, { sensor_id: string; kind: string; height_agl_m?: number | null }>;

export interface Protection {
  zone_id: string;
  /** Sensors that watch the zone when all work, and those of them that are lost. */
  sensors: readonly string[];
  lost: readonly string[];
  state: "whole" | "reduced" | "none" | "unknown";
}

/** Which sensors watch each zone when all work, by zone; costly, and the same until zones or coverage change. */
export function watchers(zones: readonly Zone[], coverage: Coverage): ReadonlyMap<string, readonly string[]> {
  return new Map(
    zones.map((zone) => {
      const watching = coverage.features.filter((feature) => covers(feature, zone)).map((f) => f.properties.sensor_id);
      return [zone.zone_id, [...new Set(watching)].sort()];
    }),
  );
}

/** Give the protection of every zone; `unknown` where neither the station's word nor its coverage says anything. */
export function protection(
  watching: ReadonlyMap<string, readonly string[]>, sensors: ReadonlyMap<string, Sensor>, zones: ReadonlyMap<string, ZoneState>,
): Protection[] {
  return [...watching].map(([zone_id, ids]) => {
    const lost = ids.filter((id) => sensors.get(id)?.status === "lost");
    return { zone_id, sensors: ids, lost, state: stateOf(zones.get(zone_id), ids.length, lost.length) };
  });
}

function stateOf(zone: ZoneState | undefined, sensors: number, lost: number): Protection["state"] {
  const told = watchingOf(zone);
  if (told === "nobody") return "none";
  if (told === "part") return "reduced";
  if (sensors === 0) return told === "watched" ? "whole" : "unknown";
  if (lost === 0) return "whole";
  return lost < sensors || told === "watched" ? "reduced" : "none";
}

function covers(feature: Feature<Geometry>, zone: Zone): boolean {
  return contains(feature.geometry, zone.lon, zone.lat);
}

export type Places = ReadonlyMap<string, readonly [lat: number, lon: number]>;

/** A sensor nearer than this to where it was sees the same, as far as a map can show [m]. */
const MOVED_M = 150;
const METRES_PER_DEGREE = 111_195;

/** Where the sensors are that move. */
export function movers(sensors: Iterable<Sensor>): Places {
  return new Map([...sensors].filter((sensor) => sensor.mobile).map((sensor) => [sensor.sensor_id, [sensor.lat, sensor.lon]]));
}

/** Whether a sensor is elsewhere than it was, or was not there before. */
export function moved(before: Places, now: Places): boolean {
  return [...now].some(([id, [lat, lon]]) => {
    const was = before.get(id);
    if (!was) return true;
    const east = (lon - was[1]) * Math.cos((lat * Math.PI) / 180);
    return Math.hypot(lat - was[0], east) * METRES_PER_DEGREE > MOVED_M;
  });
}
