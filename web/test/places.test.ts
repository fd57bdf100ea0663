import type { Point, Polygon } from "geojson";
import { describe, expect, it } from "vitest";
import { blindFeatures, coverageFeatures } from "../src/map/features";
import { axes, cep, distance, ring, RADIUS_50 } from "../src/places/ellipse";
import { mgrs, utm } from "../src/places/grid";
import { contains } from "../src/places/inside";
import type { Coverage } from "../src/protection";
import type { Site } from "../src/protocol";
import { Words } from "../src/words";
import golden from "./golden_grid.json";

describe("grid references against PROJ and GEOTRANS (golden_grid.json)", () => {
  it.each(golden)("$lat $lon", (place: (typeof golden)[number]) => {
    const here = utm(place.lat, place.lon);
    expect(here?.zone).toBe(place.zone);
    expect(here?.easting_m).toBeCloseTo(place.easting_m, 3);
    expect(here?.northing_m).toBeCloseTo(place.northing_m, 3);
    expect(mgrs(place.lat, place.lon)?.replaceAll(" ", "")).toBe(place.mgrs);
  });
  it("has no answer at the poles", () => {
    expect(utm(85, 0)).toBeNull();
    expect(mgrs(-81, 10)).toBeNull();
  });
});

describe("ellipses", () => {
  it("turns the axis from north to east", () => {
    expect(axes([100, 0, 1]).azimuth).toBeCloseTo(Math.PI / 2);
    expect(axes([1, 0, 100]).azimuth).toBeCloseTo(0);
    expect(axes([50, 49, 50])).toMatchObject({ azimuth: Math.PI / 4 });
  });
  it("gives the CEP of a circle exactly and of a line as the median of |N(0, s)|", () => {
    expect(cep([100, 0, 100])).toBeCloseTo(10 * RADIUS_50, 6);
    expect(cep([100, 0, 1e-6])).toBeCloseTo(6.745, 1);
  });
  it("draws the ring where the covariance says", () => {
    const [lon, lat] = ring(30, 40, [10_000, 0, 250_000], 1)[0] ?? [0, 0];
    expect(distance(30, 40, lat, lon)).toBeCloseTo(500, -1);
    expect(lat).toBeGreaterThan(30);
  });
});

it("finds a place in a polygon with a hole", () => {
  const square = (a: number, b: number) => [[a, a], [b, a], [b, b], [a, b], [a, a]];
  const holed = { type: "Polygon" as const, coordinates: [square(0, 10), square(4, 6)] };
  expect(contains(holed, 2, 2)).toBe(true);
  expect(contains(holed, 5, 5)).toBe(false);
  expect(contains(holed, 12, 5)).toBe(false);
});

describe("what is missing on the map", () => {
  const site = { origin: { lat: 30, lon: 40, h: 0 }, zones: [{ zone_id: "a", lat: 30, lon: 40, radius_m: 300 }], sensors: [] } as unknown as Site;
  const ring: [number, number][] = [[30, 40.1], [30.1, 40], [30, 39.9], [29.9, 40], [30, 40.1]];
  const blind = {
    detection_s: 5, decision_s: 1, notify_s: 2, some: [ring], every: [],
    zones: [{ zone_id: "a", needed_s: 20, distance_m: 4_000, rocket_class: "short", elevation: 12 }],
  };

  it("names the blind zone at its four ends, and rings the selected zone at the distance from its own edge", () => {
    const plain = blindFeatures(blind, site, null, new Words("en")).features;
    expect(plain.map((f) => f.properties?.["part"])).toEqual(["line", "name", "name", "name", "name"]);
    expect(plain.slice(1).map((f) => (f.geometry as Point).coordinates)).toEqual([[40, 30.1], [40, 29.9], [40.1, 30], [39.9, 30]]);
    const chosen = blindFeatures(blind, site, { kind: "zone", id: "a" }, new Words("en")).features;
    const area = chosen.find((f) => f.properties?.["part"] === "ring")?.geometry as Polygon;
    const north = Math.max(...(area.coordinates[0] ?? []).map(([, lat = 0]) => lat));
    expect((north - 30) * 110_850).toBeCloseTo(4_300, -2);
  });

  it("draws nothing where the station told of no blind zone", () => {
    expect(blindFeatures(null, site, null, new Words("en")).features).toEqual([]);
  });

  it("turns the coverage of a dead sensor into what is not seen any more", () => {
    const seen = { type: "FeatureCollection", features: ["r", "s"].map((sensor_id) => ({ type: "Feature", properties: { sensor_id, kind: "radar" }, geometry: { type: "Polygon", coordinates: [] } })) } as unknown as Coverage;
    expect(coverageFeatures(seen, new Set(["s"])).features.map((f) => f.properties?.["lost"])).toEqual([false, true]);
  });
});
