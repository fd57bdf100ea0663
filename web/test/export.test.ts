import { expect, it } from "vitest";
import { exportAs, placesOf } from "../src/places/export";
import { troubles } from "../src/cues";
import { EMPTY, reduce } from "../src/picture";
import { moved, movers, protection, watchers, type Coverage } from "../src/protection";
import type { Sensor, Zone } from "../src/protocol";
import { mode } from "./night";

const picture = reduce(EMPTY, {
  type: "snapshot", seq: 1, now_utc_ms: 0,
  launches: [{
    event_id: "E<1>", launch_site_id: "L1", status: "confirmed", modes: [mode(0.7), mode(0.3, { lat: 31 })], azimuth: 0, elevation: 0,
    classes: [], sensors: [], detections: 1, reasons: [],
  }],
});

it("exports every possibility with its weight, its CEP and its area", () => {
  const places = placesOf(picture, null, { kind: "launch", id: "E<1>" });
  const file = JSON.parse(exportAs("geojson", places, 0).text) as { features: { properties: Record<string, unknown>; geometry: { type: string } }[] };
  expect(file.features.map((feature) => feature.geometry.type)).toEqual(["Point", "Polygon", "Point", "Polygon"]);
  expect(file.features[0]?.properties).toMatchObject({ weight: 0.7, cep_m: 118, mgrs: "38R NU 96450 19206" });
});

it.each(["gpx", "kml"] as const)("writes %s that keeps odd names apart from its tags", (format) => {
  const { text, name } = exportAs(format, placesOf(picture, null, null), Date.UTC(2026, 0, 1));
  expect(text).toContain("E&lt;1&gt;");
  expect(text).not.toContain("E<1>");
  expect(name).toBe(`marsad-2026-01-01T000000.${format}`);
});

it("names the zones that lose their watch when a sensor dies", () => {
  const square = (west: number, east: number): Coverage["features"][number]["geometry"] => ({
    type: "Polygon", coordinates: [[[west, 0], [east, 0], [east, 1], [west, 1], [west, 0]]],
  });
  const coverage: Coverage = {
    type: "FeatureCollection",
    features: [
      { type: "Feature", properties: { sensor_id: "a", kind: "radar" }, geometry: square(0, 2) },
      { type: "Feature", properties: { sensor_id: "b", kind: "radar" }, geometry: square(1, 3) },
    ],
  };
  const zone = (zone_id: string, lon: number): Zone => ({
    zone_id, name: zone_id, name_ar: "", lat: 0.5, lon, shelter_s: 1, buffer_m: 0, population: 1, radius_m: 1,
  });
  const sensors = new Map([["a", { sensor_id: "a", status: "lost" } as Sensor], ["b", { sensor_id: "b", status: "live" } as Sensor]]);
  const found = protection(watchers([zone("west", 0.5), zone("middle", 1.5), zone("east", 2.5), zone("out", 9)], coverage), sensors, new Map());
  expect(found.map((p) => p.state)).toEqual(["none", "reduced", "whole", "unknown"]);
});

it("what moving sensors see is asked anew once one of them is elsewhere", () => {
  const sensor = (id: string, lat: number, mobile = true): Sensor => ({ sensor_id: id, mobile, lat, lon: 42.5 }) as Sensor;
  const before = movers([sensor("EO-D1", 31.5), sensor("RD-1", 31.4, false)]);
  expect([...before.keys()]).toEqual(["EO-D1"]);
  expect(moved(before, movers([sensor("EO-D1", 31.501)]))).toBe(false); // 111 m
  expect(moved(before, movers([sensor("EO-D1", 31.502)]))).toBe(true); // 222 m
  expect(moved(before, movers([sensor("EO-D1", 31.5), sensor("EO-D2", 31.5)]))).toBe(true);
});

it("what does not work is named, so that what is new in it can be heard", () => {
  const channels = new Map([["tak", { channel_id: "tak", status: "dead" }], ["cap", { channel_id: "cap", status: "ok" }]]) as never;
  const sensors = new Map([["AC-1", { sensor_id: "AC-1", status: "lost" }], ["RD-1", { sensor_id: "RD-1", status: "late" }]]) as never;
  const faults = new Map([
    ["journal/recording_degraded", { sensor_id: "journal", kind: "recording_degraded" }],
    ["AC-1/frozen", { sensor_id: "AC-1", kind: "frozen" }],
  ]) as never;
  const losses = new Map([["unwatched", { cause: "unwatched", zone_ids: ["Z1"] }]]) as never;
  expect([...troubles({ channels, sensors, faults, losses })]).toEqual([
    "station recording_degraded", "channel tak", "sensor AC-1", "loss unwatched", "loss unwatched Z1",
  ]);
});
