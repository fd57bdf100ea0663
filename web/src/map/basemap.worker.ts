/** Land and borders about the site from Natural Earth, unpacked beside the page so that it does not wait. */
import type { FeatureCollection, Geometry, MultiPolygon, Polygon, Position } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

interface Ask {
  address: string;
  lat: number;
  lon: number;
}

/** Degrees about the site that are kept. */
const REACH = 14;

function touches(ring: readonly Position[], { lat, lon }: Ask): boolean {
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x = 0, y = 0] of ring) {
    west = Math.min(west, x);
    east = Math.max(east, x);
    south = Math.min(south, y);
    north = Math.max(north, y);
  }
  return west < lon + REACH && east > lon - REACH && south < lat + REACH && north > lat - REACH;
}

function near(geometry: Geometry, ask: Ask): Geometry | null {
  if (geometry.type === "Polygon") return touches((geometry as Polygon).coordinates[0] ?? [], ask) ? geometry : null;
  if (geometry.type === "MultiPolygon")
    return { type: "MultiPolygon", coordinates: (geometry as MultiPolygon).coordinates.filter((rings) => touches(rings[0] ?? [], ask)) };
  if (geometry.type === "MultiLineString")
    return { type: "MultiLineString", coordinates: geometry.coordinates.filter((places) => touches(places, ask)) };
  return geometry;
}

async function make(ask: Ask): Promise<{ land: FeatureCollection; borders: FeatureCollection }> {
  const atlas = (await (await fetch(ask.address)).json()) as Topology;
  const countries = atlas.objects["countries"] as GeometryCollection;
  const outlines = feature(atlas, atlas.objects["land"] as GeometryCollection);
  const land = outlines.features.map((part) => near(part.geometry, ask)).filter((part) => part !== null);
  const borders = near(mesh(atlas, countries, (a, b) => a !== b), ask);
  const wrap = (geometries: (Geometry | null)[]): FeatureCollection => ({
    type: "FeatureCollection",
    features: geometries.filter((g) => g !== null).map((geometry) => ({ type: "Feature", properties: {}, geometry })),
  });
  return { land: wrap(land), borders: wrap([borders]) };
}

self.onmessage = (event: MessageEvent<Ask>): void => {
  void make(event.data).then((made) => self.postMessage(made));
};
