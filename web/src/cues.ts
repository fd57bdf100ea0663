/** What sounds when, and how it sounds: pure. */
import { URGENCY, type Alarm } from "./alarms";
import type { Picture } from "./picture";
import type { Fault } from "./protocol";

export type Sound = "rocket" | "drone" | "prepare" | "all_clear" | "no_picture" | "trouble";

export interface Tone {
  at: number;
  from_hz: number;
  to_hz: number;
  lasts: number;
  wave: OscillatorType;
}

/** Rocket: a rising wail.  Drone: a low buzz in threes.  Prepare: two short beeps.  All-clear: one long falling chord.  Trouble: two low knocks. */
export function score(sound: Sound): Tone[] {
  switch (sound) {
    case "rocket":
      return [0, 0.9, 1.8].map((at) => ({ at, from_hz: 480, to_hz: 1_150, lasts: 0.8, wave: "sawtooth" }));
    case "drone":
      return [0, 0.35, 0.7, 1.5, 1.85, 2.2].map((at) => ({ at, from_hz: 190, to_hz: 170, lasts: 0.25, wave: "square" }));
    case "prepare":
      return [0, 0.3].map((at) => ({ at, from_hz: 880, to_hz: 880, lasts: 0.15, wave: "triangle" }));
    case "all_clear":
      return [660, 550, 440].map((hz, k) => ({ at: k * 0.5, from_hz: hz, to_hz: hz, lasts: 2.4 - k * 0.5, wave: "sine" }));
    case "trouble":
      return [0, 0.22].map((at) => ({ at, from_hz: 240, to_hz: 150, lasts: 0.14, wave: "triangle" }));
    case "no_picture":
      return [0, 0.5].map((at) => ({ at, from_hz: 300, to_hz: 200, lasts: 0.35, wave: "triangle" }));
  }
}

/** What should sound for a set of alarms, given those of a moment before. */
export function cue(before: readonly Alarm[], after: readonly Alarm[]): { sound: Sound; fresh: boolean } | null {
  const old = new Map(before.map((alarm) => [alarm.incident_id, alarm]));
  for (const alarm of after) {
    const known = old.get(alarm.incident_id);
    const grown = URGENCY[alarm.level] > URGENCY[known?.level ?? "clear"];
    if (alarm.level === "take_shelter" && (grown || more(known, alarm, "take_shelter")))
      return { sound: alarm.hazard === "drone" ? "drone" : "rocket", fresh: known === undefined || known.level !== "take_shelter" };
    if (alarm.level === "prepare" && grown) return { sound: "prepare", fresh: known === undefined };
  }
  const ended = after.find((alarm) => alarm.level === "all_clear" && (old.get(alarm.incident_id)?.level ?? "all_clear") !== "all_clear");
  return ended ? { sound: "all_clear", fresh: false } : null;
}

/** What of the station's own does not work: its record, its stages, its clock, channels that get nothing through, sensors that are lost, protection. */
export function troubles(picture: Pick<Picture, "channels" | "sensors" | "faults" | "losses">): ReadonlySet<string> {
  const dead = [...picture.channels.values()].filter((channel) => channel.status === "dead").map((channel) => `channel ${channel.channel_id}`);
  const lost = [...picture.sensors.values()].filter((sensor) => sensor.status === "lost").map((sensor) => `sensor ${sensor.sensor_id}`);
  const bare = [...picture.losses.values()].flatMap(({ cause, zone_ids }) => [`loss ${cause}`, ...zone_ids.map((id) => `loss ${cause} ${id}`)]);
  return new Set([...ofTheStation(picture).map((fault) => `station ${fault.kind}`), ...dead, ...lost, ...bare]);
}

/** Faults of the station itself: those that no sensor has. */
export function ofTheStation(picture: Pick<Picture, "sensors" | "faults">): Fault[] {
  return [...picture.faults.values()].filter((fault) => !picture.sensors.has(fault.sensor_id));
}

/** Whether more zones than before stand at a level. */
function more(before: Alarm | undefined, after: Alarm, level: string): boolean {
  const count = (alarm: Alarm | undefined): number => (alarm?.zones ?? []).filter((zone) => zone.level === level).length;
  return count(after) > count(before);
}
