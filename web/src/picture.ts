/**
 * The picture: all that stands at one moment, made by one pure reducer from the station's messages.
 *
 * Live and replay run this same code; a picture is never changed once made, so keeping one costs little.
 */
import { advance, type Countdown } from "./countdown";
import type {
  Changes, Channel, Drill, DroneCorridor, Fault, Impact, Launch, Loss, Message, Note, Reject, Sensor, Track, Warning, ZoneState,
} from "./protocol";

export interface Picture {
  readonly boot_id: string;
  readonly seq: number;
  readonly now_utc_ms: number;
  readonly speed: number;
  /** False until the first snapshot: what is shown is then not the whole. */
  readonly whole: boolean;
  readonly tracks: ReadonlyMap<string, Track>;
  readonly launches: ReadonlyMap<string, Launch>;
  readonly impacts: ReadonlyMap<string, Impact>;
  readonly corridors: ReadonlyMap<string, DroneCorridor>;
  readonly zones: ReadonlyMap<string, ZoneState>;
  readonly warnings: ReadonlyMap<string, Warning>;
  readonly sensors: ReadonlyMap<string, Sensor>;
  readonly faults: ReadonlyMap<string, Fault>;
  readonly losses: ReadonlyMap<string, Loss>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly drills: ReadonlyMap<string, Drill>;
  readonly countdowns: ReadonlyMap<string, Countdown>;
  readonly rejects: readonly Reject[];
  readonly rejected_total: number;
  readonly notes: readonly Note[];
}

const REJECTS_KEPT = 50;
const NOTES_KEPT = 500;
/** Warnings older than this many are dropped first; those that a zone still stands under are always kept. */
const WARNINGS_KEPT = 400;

export const EMPTY: Picture = {
  boot_id: "", seq: 0, now_utc_ms: 0, speed: 1, whole: false,
  tracks: new Map(), launches: new Map(), impacts: new Map(), corridors: new Map(), zones: new Map(),
  warnings: new Map(), sensors: new Map(), faults: new Map(), losses: new Map(), channels: new Map(), drills: new Map(), countdowns: new Map(),
  rejects: [], rejected_total: 0, notes: [],
};

/** Give the picture after a message. */
export function reduce(picture: Picture, message: Message): Picture {
  const stamped = { ...picture, seq: message.seq, now_utc_ms: Math.max(picture.now_utc_ms, message.now_utc_ms) };
  switch (message.type) {
    case "hello":
      return { ...stamped, boot_id: message.boot_id, speed: message.speed > 0 ? message.speed : 1 };
    case "tick":
      return stamped;
    case "snapshot":
      return change({ ...cleared(picture), seq: message.seq, now_utc_ms: message.now_utc_ms, whole: true }, message);
    case "delta":
      return change(stamped, message);
    default:
      return stamped;
  }
}

/** What a snapshot starts from: it replaces all but the countdowns, which must not jump up when a line was lost. */
function cleared(picture: Picture): Picture {
  return { ...EMPTY, boot_id: picture.boot_id, speed: picture.speed, countdowns: picture.countdowns };
}

function change(picture: Picture, changes: Changes): Picture {
  const ended = changes.tracks_ended ?? [];
  const events = changes.events_ended ?? [];
  const zones = merge(picture.zones, changes.zones, (zone) => zone.zone_id);
  const next: Picture = {
    ...picture,
    tracks: merge(picture.tracks, changes.tracks, (track) => track.track_id, ended),
    launches: merge(picture.launches, changes.launches, (launch) => launch.event_id, events),
    impacts: merge(picture.impacts, changes.impacts, (impact) => impact.event_id, events),
    corridors: merge(picture.corridors, changes.corridors, (corridor) => corridor.track_id, ended),
    zones,
    warnings: merge(picture.warnings, changes.warnings, (warning) => warning.warning_id),
    sensors: merge(picture.sensors, changes.sensors, (sensor) => sensor.sensor_id),
    faults: uncleared(picture.faults, changes.faults, (fault) => `${fault.sensor_id}/${fault.kind}`),
    losses: uncleared(picture.losses, changes.losses, (loss) => loss.cause),
    channels: merge(picture.channels, changes.channels, (channel) => channel.channel_id),
    drills: merge(picture.drills, changes.drills, (drill) => drill.drill_id),
    rejects: [...(changes.rejects ?? []), ...picture.rejects].slice(0, REJECTS_KEPT),
    rejected_total: changes.rejected_total ?? picture.rejected_total + (changes.rejects?.length ?? 0),
    notes: changes.notes?.length ? [...picture.notes, ...changes.notes].slice(-NOTES_KEPT) : picture.notes,
  };
  return { ...next, warnings: pruned(next), countdowns: countdowns(picture.countdowns, changes.zones, next) };
}

/** Give the map with what changed put in and what ended taken out; the same map if nothing did. */
function merge<T>(
  old: ReadonlyMap<string, T>, changed: readonly T[] | undefined, key: (item: T) => string, ended: readonly string[] = [],
): ReadonlyMap<string, T> {
  if (!changed?.length && !ended.some((id) => old.has(id))) return old;
  const next = new Map(old);
  for (const item of changed ?? []) next.set(key(item), item);
  for (const id of ended) next.delete(id);
  return next;
}

/** Merge what says of itself when it has gone. */
function uncleared<T extends { cleared?: boolean }>(
  old: ReadonlyMap<string, T>, changed: readonly T[] | undefined, key: (item: T) => string,
): ReadonlyMap<string, T> {
  return merge(old, changed, key, (changed ?? []).filter((item) => item.cleared).map(key));
}

function pruned(picture: Picture): ReadonlyMap<string, Warning> {
  if (picture.warnings.size <= WARNINGS_KEPT) return picture.warnings;
  const standing = new Set([...picture.zones.values()].map((zone) => zone.warning_id));
  const kept = new Map(picture.warnings);
  for (const id of picture.warnings.keys()) {
    if (kept.size <= WARNINGS_KEPT) break;
    if (!standing.has(id)) kept.delete(id);
  }
  return kept;
}

function countdowns(
  old: ReadonlyMap<string, Countdown>, changed: readonly ZoneState[] | undefined, picture: Picture,
): ReadonlyMap<string, Countdown> {
  if (!changed?.length) return old;
  const next = new Map(old);
  for (const zone of changed) {
    const previous = next.get(zone.zone_id);
    if (zone.level === "clear" || zone.level === "all_clear") next.delete(zone.zone_id);
    else if (zone.t05_utc_ms != null && zone.t95_utc_ms != null) {
      const forecast = { hazard: zone.hazard ?? "unknown", t05_utc_ms: zone.t05_utc_ms, t95_utc_ms: zone.t95_utc_ms };
      next.set(zone.zone_id, advance(previous, forecast, picture.now_utc_ms));
    }
  }
  return next;
}
