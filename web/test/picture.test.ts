import { describe, expect, it } from "vitest";
import { alarms } from "../src/alarms";
import { shownDrill } from "../src/drill";
import { EMPTY, reduce } from "../src/picture";
import type { Message, Warning } from "../src/protocol";
import { checkpointsOf, pictureAt } from "../src/record";
import { cue } from "../src/cues";
import { mode, track, warning, zone } from "./night";

const play = (...messages: Message[]) => messages.reduce(reduce, EMPTY);

describe("the picture", () => {
  const first: Message = { type: "snapshot", seq: 1, now_utc_ms: 1_000, tracks: [track("T1"), track("T2")], zones: [zone("a", "clear")] };

  it("takes what changed, ends what ended, and leaves the picture before as it was", () => {
    const before = play(first);
    const after = reduce(before, { type: "delta", seq: 2, now_utc_ms: 2_000, tracks: [track("T1", { h: 500 })], tracks_ended: ["T2"] });
    expect([...after.tracks.keys()]).toEqual(["T1"]);
    expect(after.tracks.get("T1")?.h).toBe(500);
    expect(before.tracks.size).toBe(2);
    expect(after.zones).toBe(before.zones);
    expect(after.seq).toBe(2);
  });

  it("is replaced by a snapshot, but a countdown that began does not jump up", () => {
    const alarm = { warning_id: "W1", t05_utc_ms: 20_000, t95_utc_ms: 22_000 };
    const before = play(first, { type: "delta", seq: 2, now_utc_ms: 2_000, zones: [zone("a", "take_shelter", alarm)] });
    const after = reduce(before, {
      type: "snapshot", seq: 9, now_utc_ms: 3_000, zones: [zone("a", "take_shelter", { ...alarm, t95_utc_ms: 30_000 })],
    });
    expect(after.tracks.size).toBe(0);
    expect(after.countdowns.get("a")).toMatchObject({ latest_utc_ms: 30_000, high_cap_ms: 19_000 });
  });

  it("drops a countdown with the all-clear, and a fault when it is cleared", () => {
    const fault = { sensor_id: "s", kind: "clock", magnitude: 1, unit: "s", since_utc_ms: 0, reasons: [] };
    const on: Message = {
      type: "delta", seq: 2, now_utc_ms: 2_000, faults: [fault],
      zones: [zone("a", "take_shelter", { t05_utc_ms: 5_000, t95_utc_ms: 6_000 })],
    };
    const off: Message = { type: "delta", seq: 3, now_utc_ms: 9_000, faults: [{ ...fault, cleared: true }], zones: [zone("a", "all_clear")] };
    expect(play(first, on)).toMatchObject({ countdowns: { size: 1 }, faults: { size: 1 } });
    expect(play(first, on, off)).toMatchObject({ countdowns: { size: 0 }, faults: { size: 0 } });
  });

  it("keeps 50 rejects and counts all", () => {
    const reject = { utc_ms: 0, source: "s", field: "f", reason: "r" };
    let picture = play(first);
    for (let k = 0; k < 30; k++) picture = reduce(picture, { type: "delta", seq: k, now_utc_ms: k, rejects: [reject, reject] });
    expect(picture.rejects.length).toBe(50);
    expect(picture.rejected_total).toBe(60);
  });
});

it("gives the same picture from any checkpoint of the record as from its beginning", () => {
  const messages: Message[] = [{ type: "snapshot", seq: 0, now_utc_ms: 0, tracks: [] }];
  for (let k = 1; k <= 200; k++)
    messages.push({ type: "delta", seq: k, now_utc_ms: k * 100, tracks: [track(`T${k % 7}`, { h: k })], tracks_ended: [`T${(k + 3) % 7}`] });
  const checkpoints = checkpointsOf(messages);
  for (const moment of [0, 50, 2_500, 2_499, 12_345, 20_000, 99_999]) {
    const plain = messages.filter((message) => message.now_utc_ms <= moment).reduce(reduce, EMPTY);
    expect(pictureAt(messages, checkpoints, moment)).toEqual(plain);
  }
});

describe("alarms", () => {
  const salvo: Message = {
    type: "snapshot", seq: 1, now_utc_ms: 0,
    warnings: [warning("W1"), warning("W2", { zone_id: "b", acknowledged_by: "Sara" }), warning("W3", { incident_id: "I2", hazard: "drone" })],
    zones: [
      zone("a", "prepare", { warning_id: "W1", hazard: "rocket", event_ids: ["E1"] }),
      zone("b", "take_shelter", { warning_id: "W2", hazard: "rocket", event_ids: ["E1", "E2"] }),
      zone("c", "watch", { warning_id: "W3", hazard: "drone" }), zone("d", "clear"),
    ],
    launches: [{
      event_id: "E1", launch_site_id: "L1", status: "tentative", modes: [mode(0.62), mode(0.38)], azimuth: 0, elevation: 0, classes: [],
      sensors: ["balloon-1"], detections: 3, reasons: [],
    }],
  };

  it("are one for each salvo, the most urgent first, and say what is unknown", () => {
    const [first, second, ...rest] = alarms(play(salvo));
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ incident_id: "I1", level: "take_shelter", event_ids: ["E1", "E2"] });
    expect(first?.zones.map((z) => z.zone_id)).toEqual(["b", "a"]);
    expect(first?.unknowns).toContainEqual({ what: "two_launch_places", share: 0.62 });
    expect(first?.unknowns).toContainEqual({ what: "one_sensor" });
    expect(second).toMatchObject({ hazard: "drone", level: "watch" });
  });

  it("are acknowledged only when every warning at their highest level is", () => {
    expect(alarms(play(salvo))[0]?.acknowledged_by).toBeNull();
    const change = (name: string | null, level: Warning["level"]): Message => ({
      type: "delta", seq: 2, now_utc_ms: 1, warnings: [warning("W1", { acknowledged_by: name, level })],
    });
    expect(alarms(play(salvo, change("Sara", "take_shelter")))[0]?.acknowledged_by).toBe("Sara");
    expect(alarms(play(salvo, change(null, "watch")))[0]?.acknowledged_by).toBe("Sara");
  });

  it("sound once for each hazard when they grow, never for an early warning, and at the all-clear", () => {
    const none = alarms(EMPTY);
    const now = alarms(play(salvo));
    expect(cue(none, now)).toEqual({ sound: "rocket", fresh: true });
    expect(cue(now, now)).toBeNull();
    const early: Message = { type: "delta", seq: 2, now_utc_ms: 1, zones: [zone("d", "watch", { warning_id: "W9" })] };
    expect(cue(now, alarms(play(salvo, early)))).toBeNull();
    const wider: Message = { type: "delta", seq: 2, now_utc_ms: 1, zones: [zone("a", "take_shelter", { warning_id: "W1", hazard: "rocket" })] };
    expect(cue(now, alarms(play(salvo, wider)))).toEqual({ sound: "rocket", fresh: false });
    const over: Message = {
      type: "delta", seq: 2, now_utc_ms: 1,
      zones: [zone("a", "all_clear", { warning_id: "W1", hazard: "rocket" }), zone("b", "all_clear", { warning_id: "W2", hazard: "rocket" })],
    };
    expect(cue(now, alarms(play(salvo, over)))).toEqual({ sound: "all_clear", fresh: false });
  });
});

describe("a drill", () => {
  const drill = { drill_id: "D", zone_ids: ["a"], hazard: "rocket", began_utc_ms: 1_000, ends_utc_ms: 61_000, by: "x", phase: "running", level: "", told: 0, failed: 0 } as const;
  const with_ = (...drills: object[]): Message => ({ type: "delta", seq: 2, now_utc_ms: 2_000, drills } as unknown as Message);

  it("is shown as long as it goes on, and its end for a minute more", () => {
    const on = play(with_(drill));
    expect(shownDrill(on.drills, 999_000)?.phase).toBe("running");
    const over = reduce(on, with_({ ...drill, phase: "over" }));
    expect(shownDrill(over.drills, 61_000 + 59_000)?.phase).toBe("over");
    expect(shownDrill(over.drills, 61_000 + 60_000)).toBeNull();
  });

  it("gives way to the one that began later, and to nothing of a picture without one", () => {
    const both = play(with_(drill, { ...drill, drill_id: "E", began_utc_ms: 5_000, by: "y" }));
    expect(shownDrill(both.drills, 6_000)?.by).toBe("y");
    expect(shownDrill(EMPTY.drills, 0)).toBeNull();
  });

  it("raises no alarm", () => {
    expect(alarms(play(with_(drill)))).toEqual([]);
  });
});
