/** The map's sources and layers, from the ground up. */
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Palette } from "./palette";

export const SOURCES = [
  "land", "borders", "airways", "coverage", "blind", "corridors", "zones", "zoneLevels", "zoneNames", "zoneLabels", "trackAreas", "ellipses", "ellipseLabels", "paths",
  "sensors", "trails", "tracks", "draft",
] as const;
export type SourceName = (typeof SOURCES)[number];

const FONT = ["Noto Sans", "Noto Sans Arabic", "DejaVu Sans", "sans-serif"];
const get = (name: string): ExpressionSpecification => ["get", name];
const is = (name: string, value: string | number | boolean): ExpressionSpecification => ["==", ["get", name], value];
const has = (name: string): ExpressionSpecification => ["has", name];
const of = (name: string, table: Record<string, string>): ExpressionSpecification =>
  ["match", ["get", name], ...Object.entries(table).flat(), Object.values(table)[0] ?? "#888"] as unknown as ExpressionSpecification;

/** Zones that stand in the data unseen keep ready what draws a level. */
const SEEN: ExpressionSpecification = ["case", has("unseen"), 0, 1];
const ALARMED: ExpressionSpecification = ["any", is("level", "take_shelter"), is("level", "prepare")];

/** One layer a level and a side of the zone on which its name begins to look for a place. */
const ALARM_LABELS = (["prepare", "take_shelter"] as const).flatMap((level) =>
  (["bottom", "top"] as const).map((anchor) => ({ id: `zone-${level}-${anchor}`, level, anchor })),
);

/** Levels by how their edge is drawn; the style repeats what colour and word say. */
const EDGES: Record<string, { width: number; dash: number[] | null }> = {
  clear: { width: 1.2, dash: null },
  watch: { width: 2, dash: [1, 2] },
  prepare: { width: 3, dash: [4, 2] },
  take_shelter: { width: 5, dash: null },
  remain: { width: 3.5, dash: [6, 1.5] },
  all_clear: { width: 2.5, dash: [5, 2, 1, 2] },
};

function text(size: number, palette: Palette): { layout: object; paint: object } {
  return {
    layout: { "text-font": FONT, "text-size": size, "text-max-width": 30, "text-line-height": 1.25 },
    paint: { "text-color": palette.ink, "text-halo-color": palette.halo, "text-halo-width": 1.8 },
  };
}

/** Give the style in a theme's colours; `prefix` sets apart the images of each theme, `scale` enlarges what is read. */
export function styleOf(palette: Palette, prefix: string, scale = 1): StyleSpecification {
  const empty = { type: "geojson" as const, data: { type: "FeatureCollection" as const, features: [] } };
  return {
    version: 8,
    sources: Object.fromEntries(SOURCES.map((name) => [name, { ...empty, ...(name === "tracks" ? { buffer: 64 } : {}) }])),
    layers: layersOf(palette, prefix, scale),
  };
}

function layersOf(palette: Palette, prefix: string, scale: number): LayerSpecification[] {
  return [...groundLayers(palette, prefix), ...zoneLayers(palette, prefix), ...eventLayers(palette), ...objectLayers(palette, scale), ...draftLayers(palette)];
}

function groundLayers(palette: Palette, prefix: string): LayerSpecification[] {
  const small = text(11, palette);
  return [
    { id: "water", type: "background", paint: { "background-color": palette.water } },
    { id: "land", type: "fill", source: "land", paint: { "fill-color": palette.ground } },
    // the relief image goes in here
    { id: "borders", type: "line", source: "borders", paint: { "line-color": palette.border, "line-width": 1.2, "line-dasharray": [5, 2, 1, 2] } },
    { id: "airways", type: "line", source: "airways", paint: { "line-color": palette.airway, "line-width": 1, "line-dasharray": [8, 4] } },
    // what a dead sensor no longer sees shows by itself; the other coverage when it is asked for
    { id: "coverage-lost", type: "fill", source: "coverage", filter: is("lost", true), paint: { "fill-pattern": `${prefix}hatch/lost` } },
    {
      id: "coverage-lost-line", type: "line", source: "coverage", filter: is("lost", true),
      paint: { "line-color": palette.ink, "line-width": 1.2, "line-dasharray": [1, 3] },
    },
    {
      id: "blind-ring", type: "fill", source: "blind", filter: is("part", "ring"), paint: { "fill-pattern": `${prefix}hatch/blind` },
    },
    {
      id: "blind-line", type: "line", source: "blind", filter: is("part", "line"),
      paint: { "line-color": palette.blind, "line-width": ["case", is("what", "every"), 2, 1.1], "line-dasharray": [6, 2, 1, 2, 1, 2] },
    },
    {
      id: "blind-names", type: "symbol", source: "blind", filter: is("part", "name"),
      layout: { ...small.layout, "text-field": get("label"), "text-anchor": "bottom", "text-offset": [0, -0.2], "text-optional": true },
      paint: { ...small.paint, "text-color": palette.blind },
    } as LayerSpecification,
    { id: "coverage-fill", type: "fill", source: "coverage", paint: { "fill-color": palette.coverage, "fill-opacity": 0.05 } },
    { id: "coverage-line", type: "line", source: "coverage", paint: { "line-color": palette.coverage, "line-width": 0.8, "line-opacity": 0.7 } },
    {
      id: "fov", type: "fill", source: "sensors", filter: is("part", "fov"),
      paint: { "fill-color": palette.ink, "fill-opacity": ["case", is("selected", true), 0.16, 0.05] },
    },
    {
      id: "fov-line", type: "line", source: "sensors", filter: is("part", "fov"),
      paint: { "line-color": palette.faint, "line-width": 0.7, "line-opacity": ["case", is("selected", true), 1, 0.5] },
    },
  ];
}

function zoneLayers(palette: Palette, prefix: string): LayerSpecification[] {
  const fills: LayerSpecification[] = Object.keys(EDGES).filter((level) => level !== "clear" && level !== "watch").map((level) => ({
    id: `zone-fill-${level}`, type: "fill", source: "zoneLevels", filter: is("level", level),
    paint: { "fill-pattern": `${prefix}hatch/${level}`, "fill-opacity": SEEN },
  }));
  const edges: LayerSpecification[] = Object.entries(EDGES).map(([level, { width, dash }]) => ({
    id: `zone-line-${level}`, type: "line", source: level === "clear" ? "zones" : "zoneLevels",
    ...(level === "clear" ? {} : { filter: is("level", level) }),
    paint: {
      "line-color": palette.level[level as keyof Palette["level"]], "line-width": width, "line-opacity": SEEN,
      ...(dash ? { "line-dasharray": dash } : {}),
    },
  }));
  return [
    { id: "zone-ground", type: "fill", source: "zones", paint: { "fill-color": palette.ink, "fill-opacity": 0.05 } },
    // grey, as what is not known: neither clear nor in danger
    {
      id: "zone-unwatched-ground", type: "fill", source: "zones", filter: is("unwatched", true),
      paint: { "fill-color": palette.faint, "fill-opacity": 0.45 },
    },
    ...fills,
    ...edges,
    {
      id: "zone-unwatched", type: "line", source: "zones", filter: is("unwatched", true),
      paint: { "line-color": palette.ink, "line-width": 1.5, "line-dasharray": [1, 3], "line-offset": -5 },
    },
    {
      id: "zone-selected", type: "line", source: "zones", filter: is("selected", true),
      paint: { "line-color": palette.selected, "line-width": 1.5, "line-offset": 5 },
    },
  ];
}

function eventLayers(palette: Palette): LayerSpecification[] {
  const tint: ExpressionSpecification = ["case", is("what", "launch"), palette.launch, palette.impact];
  const opacity: ExpressionSpecification = ["case", get("faded"), 0.35, ["max", 0.45, get("weight")]];
  return [
    {
      id: "corridor-band", type: "fill", source: "corridors", filter: ["any", is("part", "band"), is("part", "origin")],
      paint: { "fill-color": palette.corridor, "fill-opacity": ["case", is("part", "origin"), 0.1, 0.16] },
    },
    {
      id: "corridor-edge", type: "line", source: "corridors", filter: is("part", "band"),
      paint: { "line-color": palette.corridor, "line-width": 1.2, "line-dasharray": [4, 2] },
    },
    {
      id: "corridor-axis", type: "line", source: "corridors", filter: is("part", "axis"),
      paint: { "line-color": palette.corridor, "line-width": 1.2, "line-opacity": 0.9 },
    },
    { id: "paths", type: "line", source: "paths", paint: { "line-color": palette.impact, "line-width": 1.1, "line-dasharray": [2, 3], "line-opacity": 0.8 } },
    {
      id: "ellipse-fill", type: "fill", source: "ellipses", filter: has("percent"),
      paint: { "fill-color": tint, "fill-opacity": ["*", opacity, ["case", is("percent", 50), 0.3, 0.1]] },
    },
    {
      id: "ellipse-line", type: "line", source: "ellipses", filter: has("percent"),
      paint: {
        "line-color": tint, "line-opacity": opacity,
        "line-width": ["case", is("selected", true), 3, is("percent", 50), 2, 1.3],
        "line-dasharray": ["case", get("minor"), ["literal", [3, 2]], ["literal", [1, 0]]],
      },
    },
    {
      id: "ellipse-rings", type: "circle", source: "ellipses", filter: ["!", has("percent")],
      paint: {
        "circle-radius": ["case", is("what", "launch"), 7, 4], "circle-opacity": 0, "circle-stroke-color": tint, "circle-stroke-width": 1.5,
        "circle-stroke-opacity": opacity,
      },
    },
    {
      id: "track-areas", type: "line", source: "trackAreas",
      paint: { "line-color": of("affiliation", palette.affiliation), "line-width": 1, "line-dasharray": [2, 2] },
    },
  ];
}

function objectLayers(palette: Palette, scale: number): LayerSpecification[] {
  const small = text(11.5 * scale, palette);
  const side = of("affiliation", palette.affiliation);
  const zoneText = { ...small.paint, "text-halo-width": 2.4, "text-color": ["case", is("level", "clear"), palette.faint, palette.ink] };
  const zoneLayout = {
    ...small.layout, "text-field": get("label"), "text-size": 12 * scale, "symbol-sort-key": get("rank"), "text-anchor": get("anchor"),
    "text-offset": ["match", get("anchor"), "bottom", ["literal", [0, -0.3]], ["literal", [0, 0.3]]],
  };
  return [
    {
      id: "trails", type: "line", source: "trails",
      paint: {
        "line-color": side, "line-width": ["case", is("part", "trail"), 1.6, 1],
        "line-opacity": ["case", is("part", "trail"), 0.65, 0.9],
        "line-dasharray": ["case", is("part", "trail"), ["literal", [1.5, 1.5]], ["literal", [1, 0]]],
      },
    },
    {
      id: "sensors", type: "symbol", source: "sensors", filter: ["==", ["geometry-type"], "Point"],
      layout: { "icon-image": get("icon"), "icon-allow-overlap": true, "icon-size": 0.8 * scale },
    },
    {
      id: "sensor-labels", type: "symbol", source: "sensors", filter: ["==", ["geometry-type"], "Point"],
      layout: { ...small.layout, "text-size": 10.5 * scale, "text-field": get("label"), "text-anchor": "top", "text-offset": [0, 1.1], "text-optional": true },
      paint: { ...small.paint, "text-color": palette.faint },
    },
    {
      id: "tracks", type: "symbol", source: "tracks",
      layout: {
        "icon-image": get("icon"), "icon-allow-overlap": true, "icon-ignore-placement": true,
        "icon-size": ["case", is("selected", true), 1.3 * scale, scale], "symbol-sort-key": ["-", 100, get("rank")],
      },
    },
    {
      id: "track-labels", type: "symbol", source: "tracks",
      layout: {
        ...small.layout, "text-field": get("label"), "text-variable-anchor": ["left", "right", "bottom", "top"],
        "text-radial-offset": 1.6, "symbol-sort-key": get("rank"),
      },
      paint: small.paint,
    },
    {
      id: "ellipse-labels", type: "symbol", source: "ellipseLabels",
      layout: {
        ...small.layout, "text-field": get("label"), "text-variable-anchor": ["bottom", "top", "left", "right"],
        "text-radial-offset": 0.4, "symbol-sort-key": get("rank"),
      },
      paint: { ...small.paint, "text-color": ["case", is("what", "launch"), palette.launch, palette.impact] },
    },
    { id: "zone-names", type: "symbol", source: "zoneNames", layout: zoneLayout, paint: zoneText },
    { id: "zone-labels", type: "symbol", source: "zoneLabels", filter: ["!", ALARMED], layout: zoneLayout, paint: zoneText },
    // "take shelter" is named in any case, where it covers no other if there is such a place; the others give way
    ...ALARM_LABELS.map(({ id, level, anchor }) => ({
      id, type: "symbol", source: "zoneLabels", filter: ["all", is("level", level), is("anchor", anchor)],
      layout: {
        ...small.layout, "text-field": get("label"), "text-size": 13.5 * scale, "text-allow-overlap": level === "take_shelter", "symbol-sort-key": get("rank"),
        "text-variable-anchor-offset": placesFor(anchor),
      },
      paint: zoneText,
    })),
  ] as LayerSpecification[];
}

/** Where an alarmed zone's name may stand, in order: at its edge, beside it, and farther off where others stand close. */
function placesFor(anchor: "top" | "bottom"): (string | [number, number])[] {
  const down = anchor === "top" ? 1 : -1;
  const other = anchor === "top" ? "bottom" : "top";
  return [
    anchor, [0, 0.4 * down], "left", [0.4, 0], "right", [-0.4, 0], other, [0, -0.4 * down], `${anchor}-left`, [0.3, 0.3 * down], `${anchor}-right`, [-0.3, 0.3 * down],
    anchor, [0, 2.8 * down], other, [0, -2.8 * down], "left", [2.5, 1.5 * down], "right", [-2.5, 1.5 * down],
  ];
}

function draftLayers(palette: Palette): LayerSpecification[] {
  const small = text(12, palette);
  return [
    { id: "draft-fill", type: "fill", source: "draft", filter: is("part", "zone"), paint: { "fill-color": palette.selected, "fill-opacity": 0.12 } },
    {
      id: "draft-line", type: "line", source: "draft", filter: ["any", is("part", "zone"), is("part", "edge")],
      paint: { "line-color": palette.selected, "line-width": 2, "line-dasharray": [2, 1] },
    },
    {
      id: "draft-corners", type: "circle", source: "draft", filter: is("part", "corner"),
      paint: { "circle-radius": 5, "circle-color": palette.selected, "circle-stroke-color": palette.halo, "circle-stroke-width": 2 },
    },
    {
      id: "draft-sensors", type: "symbol", source: "draft", filter: is("part", "sensor"),
      layout: { ...small.layout, "icon-image": get("icon"), "icon-allow-overlap": true, "text-field": get("label"), "text-anchor": "top", "text-offset": [0, 1.2], "text-optional": true },
      paint: small.paint,
    },
    {
      id: "draft-names", type: "symbol", source: "draft", filter: is("part", "name"),
      layout: { ...small.layout, "text-field": get("label"), "text-anchor": "bottom" }, paint: small.paint,
    },
  ] as LayerSpecification[];
}

/** Layers that a switch of the view shows or hides. */
export const SWITCHED: Record<string, string[]> = {
  coverage: ["coverage-fill", "coverage-line"],
  blind: ["blind-ring", "blind-line", "blind-names"],
  fov: ["fov", "fov-line"],
  trails: ["trails"],
  labels: ["track-labels", "sensor-labels"],
  relief: ["relief"],
  corridors: ["airways"],
  ellipses: [],
};

/** Layers that answer to a click, the uppermost first. */
export const CLICKED = [
  "tracks", "track-labels", "sensors", "ellipse-labels", "ellipse-rings", "ellipse-fill", "corridor-band", ...ALARM_LABELS.map(({ id }) => id), "zone-labels", "zone-names", "zone-ground",
];
