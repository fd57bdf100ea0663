/** What each source of the map is made from: fed again only when that changed, and not oftener than it needs. */
import type { FeatureCollection } from "geojson";
import * as app from "../app";
import { draft, draftCoverage, tool } from "../drafting";
import type { Picture } from "../picture";
import type { Coverage } from "../protection";
import type { Sensor, Site } from "../protocol";
import type { View } from "../view";
import type { Words } from "../words";
import * as make from "./features";
import type { SourceName } from "./layers";
import { symbolSet } from "./symbols";

export interface Scene {
  site: Site;
  picture: Picture;
  view: View;
  words: Words;
  now_utc_ms: number;
  unwatched: ReadonlySet<string>;
  /** Sensors that are lost. */
  lost: ReadonlySet<string>;
  prefix: string;
}

interface Feed {
  /** What the features are made from: if none of it changed they are not made again. */
  on: (scene: Scene) => readonly unknown[];
  make: (scene: Scene) => FeatureCollection;
  /** Least time between two changes [ms]. */
  every: number;
}

const NONE: ReadonlySet<string> = new Set();
/** What is fed before the turn of the others. */
export const MOST_URGENT: SourceName = "zoneLevels";

export const FEEDS: Partial<Record<SourceName, Feed>> = {
  zones: {
    on: (s) => [s.site, s.view.selected, s.unwatched], every: 0, make: (s) => make.zoneFeatures(s.site, s.view.selected, s.unwatched),
  },
  zoneLevels: {
    on: (s) => [s.site, s.picture.zones], every: 0, make: (s) => make.zoneLevels(app.zoneById.peek(), s.picture),
  },
  zoneNames: {
    on: (s) => [s.site, toldZones(s.picture), s.words, s.unwatched], every: 250, make: (s) => make.zoneNames(s.site, s.picture, s.words, s.unwatched),
  },
  zoneLabels: {
    on: (s) => [s.site, s.picture.zones, s.picture.countdowns, s.words, s.picture.countdowns.size && Math.floor(s.now_utc_ms / 500)],
    every: 250, make: (s) => make.zoneLabels(s.site, s.picture, s.now_utc_ms, s.words),
  },
  tracks: {
    on: (s) => [s.picture.tracks, s.view.selected, s.words, s.prefix, Math.floor(s.now_utc_ms / 1000)], every: 150,
    make: (s) => make.trackFeatures(s.picture, s.now_utc_ms, s.view.selected, s.words, s.prefix),
  },
  ellipses: {
    on: (s) => [s.picture.launches, s.picture.impacts, s.view.selected, s.picture.impacts.size && Math.floor(s.now_utc_ms / 2000)], every: 150,
    make: (s) => make.ellipseFeatures(s.picture, s.now_utc_ms, s.view.selected),
  },
  ellipseLabels: {
    on: (s) => [s.picture.launches, s.picture.impacts, s.words], every: 250, make: (s) => make.ellipseLabels(s.picture, s.words),
  },
  paths: {
    on: (s) => [s.picture.impacts, s.picture.impacts.size && Math.floor(s.now_utc_ms / 2000)], every: 500,
    make: (s) => make.pathFeatures(s.picture, s.now_utc_ms),
  },
  corridors: { on: (s) => [s.picture.corridors], every: 250, make: (s) => make.corridorFeatures(s.picture) },
  sensors: {
    on: (s) => [s.picture.sensors, s.site, s.view.selected, s.words, s.prefix], every: 400,
    make: (s) => make.sensorFeatures(s.picture, s.site, s.view.selected, s.words, s.prefix),
  },
  trackAreas: {
    on: (s) => [s.picture.tracks, s.view.selected, s.view.layers], every: 400,
    make: (s) => make.trackAreas(s.picture, s.view.selected, s.view.layers.includes("ellipses")),
  },
  trails: {
    on: (s) => [s.view.layers.includes("trails") && s.picture.tracks], every: 1_000,
    make: (s) => make.trailFeatures(s.picture, app.trails),
  },
  airways: { on: (s) => [s.site], every: 0, make: (s) => make.airwayFeatures(s.site) },
  coverage: {
    on: (s) => [coverageOf(s.view), s.lost], every: 0,
    make: (s) => make.coverageFeatures(coverageOf(s.view), s.view.mode === "setup" ? NONE : s.lost),
  },
  blind: {
    on: (s) => [app.blind.value, s.site, s.view.selected, s.words], every: 0,
    make: (s) => make.blindFeatures(app.blind.value, s.site, s.view.selected, s.words),
  },
  draft: {
    on: (s) => [s.view.mode === "setup" && draft.value, tool.value, s.prefix], every: 0,
    make: (s) => make.draftFeatures(s.view.mode === "setup" ? draft.value : { zones: [], sensors: [] }, tool.value, s.prefix),
  },
};

/** What the sensors see; of the draft while a site is set up. */
function coverageOf(view: View): Coverage {
  return view.mode === "setup" ? draftCoverage.value : app.coverage.value;
}

/** All that the map shows now; nothing before the site is known. */
export function sceneNow(theme: string): Scene | null {
  const site = app.site.peek();
  if (!site) return null;
  const picture = app.picture.peek();
  return {
    site, picture, view: app.view.peek(), words: app.words.peek(), now_utc_ms: app.now_utc_ms.peek(),
    unwatched: unwatched(app.protections.peek()), lost: lostSensors(picture.sensors), prefix: `${theme}/${symbolSet.peek()}/`,
  };
}

let lastZones: Picture["zones"] = new Map();
let lastTold = "";

/** Zones that are told something; reckoned again only when the zones changed. */
function toldZones(picture: Picture): string {
  if (picture.zones !== lastZones) [lastZones, lastTold] = [picture.zones, make.toldZones(picture)];
  return lastTold;
}

let lastSensors: ReadonlyMap<string, Sensor> = new Map();
let lastLost: ReadonlySet<string> = NONE;

/** Sensors that are lost; the same set as long as nothing changed. */
function lostSensors(sensors: ReadonlyMap<string, Sensor>): ReadonlySet<string> {
  if (sensors !== lastSensors) {
    lastSensors = sensors;
    const ids = [...sensors.values()].filter((sensor) => sensor.status === "lost").map((sensor) => sensor.sensor_id);
    if (ids.join() !== [...lastLost].join()) lastLost = new Set(ids);
  }
  return lastLost;
}

let lastProtections: readonly { zone_id: string; state: string }[] = [];
let lastUnwatched: ReadonlySet<string> = new Set();

/** Zones that nobody watches any more; the same set as long as nothing changed. */
function unwatched(protections: typeof lastProtections): ReadonlySet<string> {
  if (protections !== lastProtections) {
    lastProtections = protections;
    const ids = protections.filter((zone) => zone.state === "none").map((zone) => zone.zone_id);
    if (ids.join() !== [...lastUnwatched].join()) lastUnwatched = new Set(ids);
  }
  return lastUnwatched;
}
