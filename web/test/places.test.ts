import { describe, expect, it } from "vitest";
import { axes, cep, distance, ring, RADIUS_50 } from "../src/places/ellipse";
import { mgrs, utm } from "../src/places/grid";
import { contains } from "../src/places/inside";
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
