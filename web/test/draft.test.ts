import { expect, it } from "vitest";
import { clicked, closed, freeId, type Draft, type Tool } from "../src/draft";

const EMPTY: Draft = { zones: [], sensors: [] };

it("draws a zone corner by corner, and closes none of fewer than three", () => {
  let state: { draft: Draft; tool: Tool } = { draft: EMPTY, tool: { what: "polygon", corners: [] } };
  for (const [lat, lon] of [[30, 40], [30, 41], [31, 41]] as const) {
    expect(closed(state.draft, state.tool).draft.zones).toEqual([]);
    state = clicked(state.draft, state.tool, lat, lon);
  }
  const done = closed(state.draft, state.tool);
  expect(done.draft.zones[0]).toMatchObject({ id: "Z1", polygon_deg: [[30, 40], [30, 41], [31, 41]] });
  expect(done.tool).toBeNull();
});

it("places a sensor with the height and reach of its kind, under a name of its own", () => {
  const once = clicked(EMPTY, { what: "sensor", kind: "radar" }, 30.1234567891, 40).draft;
  const twice = clicked(once, { what: "sensor", kind: "radar" }, 31, 40).draft;
  expect(twice.sensors.map((sensor) => sensor.id)).toEqual(["RAD-1", "RAD-2"]);
  expect(twice.sensors[0]).toMatchObject({ latitude_deg: 30.123457, height_above_ground_m: 12, max_range_m: 15_000 });
});

it("does nothing without a tool, and finds the first free name", () => {
  expect(clicked(EMPTY, null, 1, 2)).toEqual({ draft: EMPTY, tool: null });
  expect(freeId("Z", [{ id: "Z1" }, { id: "Z3" }])).toBe("Z2");
});
