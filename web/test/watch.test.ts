import { describe, expect, it } from "vitest";
import { alarms } from "../src/alarms";
import { EMPTY, reduce } from "../src/picture";
import { arrange, protectionText, rowsOf, type Scene } from "../src/panels/columns";
import { protection } from "../src/protection";
import { handover } from "../src/handover";
import { countdownText, zoneNames } from "../src/map/features";
import type { Loss, Message, Sensor, Site, ZoneState } from "../src/protocol";
import { isHeld, lostOf, shownOf, unseenOf, watchingOf } from "../src/watch";
import { PACKS, Words } from "../src/words";
import { warning, zone } from "./night";

const both = { watchable: ["rocket", "drone"] } as Partial<ZoneState>;
const nobody = zone("a", "clear", { ...both, watched: [], probability: 0 });
const rockets = zone("a", "clear", { ...both, watched: ["rocket"] });
const whole = zone("a", "clear", { ...both, watched: ["rocket", "drone"] });

const site = {
  name: "", name_ar: "", origin: { lat: 0, lon: 0, h: 0 }, sensors: [],
  zones: [{ zone_id: "a", name: "A", name_ar: "أ", lat: 0, lon: 0, shelter_s: 9, buffer_m: 0, population: 1, radius_m: 100 }],
} as Site;

const sceneOf = (state: ZoneState, code: string): Scene => {
  const picture = { ...EMPTY, zones: new Map([["a", state]]) };
  const sensors = new Map([["S", { sensor_id: "S", status: "live" } as Sensor]]);
  return {
    picture, site, words: new Words(code), now_utc_ms: 0, alarms: [],
    protections: protection(new Map([["a", ["S"]]]), sensors, picture.zones),
  };
};

describe("what is said of a zone", () => {
  it("is never that it is clear where nobody watches", () => {
    expect(shownOf(nobody)).toBe("unwatched");
    expect(shownOf(rockets)).toBe("clear");
    expect(shownOf(whole)).toBe("clear");
    expect(shownOf({ ...nobody, level: "remain" })).toBe("remain");
  });

  it.each([...PACKS.keys()])("is never that it is clear in the table and on the map: %s", (code) => {
    const scene = sceneOf(nobody, code);
    const clear = scene.words.name("level", "clear");
    const [row] = arrange(rowsOf("zones", scene), scene, "", null);
    const said = row?.columns().map((column) => column.text(scene)) ?? [];
    expect(said).toContain(scene.words.name("level", "unwatched"));
    expect(said).not.toContain(clear);
    expect(said).toContain(scene.words.say("protection_none"));
    const [label] = zoneNames(site, scene.picture, scene.words, new Set(["a"])).features;
    expect(label?.properties?.["label"]).toContain("\n");
  });

  it("says for which dangers it is not watched", () => {
    expect([watchingOf(nobody), watchingOf(rockets), watchingOf(whole)]).toEqual(["nobody", "part", "watched"]);
    expect(lostOf(rockets)).toEqual(["drone"]);
    expect(unseenOf(zone("a", "clear", { watched: ["rocket"], watchable: ["rocket"] }))).toEqual(["drone"]);
    const scene = sceneOf(rockets, "en");
    expect(protectionText(scene.protections[0], rockets, scene.words)).toBe("1/1 · not for drones");
  });

  it("is what it was in a record that does not say who watches", () => {
    expect(shownOf(zone("a", "clear"))).toBe("clear");
    expect(watchingOf(undefined)).toBe("unknown");
  });
});

describe("a loss of protection", () => {
  const loss = (more: Partial<Loss> = {}): Loss => ({ cause: "unwatched", zone_ids: ["a"], detail: "", since_utc_ms: 1, ...more });
  const delta = (seq: number, ...losses: Loss[]): Message => ({ type: "delta", seq, now_utc_ms: seq, losses });

  it("stands until it is cleared, one a cause", () => {
    const on = [delta(1, loss()), delta(2, loss({ zone_ids: ["a", "b"] }), loss({ cause: "overloaded", detail: "too much", zone_ids: [] }))];
    const picture = on.reduce(reduce, EMPTY);
    expect([...picture.losses.keys()]).toEqual(["unwatched", "overloaded"]);
    expect(picture.losses.get("unwatched")?.zone_ids).toEqual(["a", "b"]);
    expect([...reduce(picture, delta(3, loss({ zone_ids: [], cleared: true }))).losses.keys()]).toEqual(["overloaded"]);
  });

  it("hands the zones that nobody watches over to the next shift, whatever lives of their sensors", () => {
    const scene = sceneOf(nobody, "en");
    expect(scene.protections[0]?.state).toBe("none");
    expect(handover(scene.picture, [], scene.protections).unwatched_zones).toEqual(["a"]);
  });
});

describe("an alarm whose time is over while nobody watches", () => {
  it("says that people decide, until it is watched again", () => {
    const held = zone("a", "remain", { warning_id: "W", note: "nobody_watches", watched: [] });
    const picture = { ...EMPTY, zones: new Map([["a", held]]), warnings: new Map([["W", warning("W", { level: "remain" })]]) };
    expect(isHeld(held)).toBe(true);
    expect(alarms(picture)[0]?.held).toBe(true);
    const ready = zone("b", "prepare", { warning_id: "V", note: "nobody_watches", watched: [] });
    const both = { ...picture, zones: new Map([["b", ready], ["a", held]]), warnings: new Map([...picture.warnings, ["V", warning("V", { zone_id: "b" })]]) };
    expect(alarms(both)[0]?.level).toBe("remain");
    expect(countdownText(picture, "a", 0, new Words("en"))).toBe("time over");
    const again = { ...picture, zones: new Map([["a", { ...held, note: null }]]) };
    expect(alarms(again)[0]?.held).toBe(false);
  });
});
