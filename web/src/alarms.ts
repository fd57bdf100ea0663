/** Alarms as a person reads them: one per salvo, with its zones, its countdowns and what is still unknown. */
import type { Countdown } from "./countdown";
import type { Picture } from "./picture";
import type { Channel, Hazard, Level, Warning, ZoneState } from "./protocol";
import { isHeld } from "./watch";

/** How urgent a level is; a higher number comes first. */
export const URGENCY: Record<Level, number> = { clear: 0, all_clear: 1, watch: 2, remain: 3, prepare: 4, take_shelter: 5 };

/** How urgent what a zone is told is: a readiness whose time is over comes after people who stay in shelter. */
function urgency(zone: ZoneState): number {
  return zone.level === "prepare" && isHeld(zone) ? URGENCY.watch : URGENCY[zone.level];
}

export interface AlarmZone {
  zone_id: string;
  level: Level;
  /** What threatens this zone; a salvo and a drone may be one incident. */
  hazard: Hazard | null;
  probability: number;
  countdown: Countdown | undefined;
  warning_id: string;
}

/** What the sensors cannot tell yet; the words stand in the language packs. */
export type Unknown =
  | { what: "two_launch_places"; share: number }
  | { what: "two_impact_places"; share: number }
  | { what: "one_sensor" }
  | { what: "class"; classes: string[] }
  | { what: "range" }
  | { what: "wide"; radius_m: number }
  | { what: "object" };

export interface Alarm {
  incident_id: string;
  level: Level;
  urgency: number;
  hazard: Hazard;
  exercise: boolean;
  since_utc_ms: number;
  zones: AlarmZone[];
  event_ids: string[];
  issuer: string;
  rule: string;
  note: string;
  /** Its time is over, but nobody watches: it stands until a person decides. */
  held: boolean;
  acknowledged_by: string | null;
  warning_ids: string[];
  unknowns: Unknown[];
}

/** Give the alarms that stand, the most urgent first. */
export function alarms(picture: Picture): Alarm[] {
  const groups = new Map<string, ZoneState[]>();
  for (const zone of picture.zones.values()) {
    if (zone.level === "clear") continue;
    const warning = picture.warnings.get(zone.warning_id ?? "");
    const key = warning?.incident_id || `${zone.hazard ?? "unknown"}:${zone.zone_id}`;
    groups.set(key, [...(groups.get(key) ?? []), zone]);
  }
  return [...groups]
    .map(([incident, zones]) => alarm(incident, zones, picture))
    .sort((a, b) => b.urgency - a.urgency || soonest(a, picture) - soonest(b, picture) || b.since_utc_ms - a.since_utc_ms);
}

/** When the next zone of an alarm is reached; what is past or unknown comes after what is to come. */
function soonest(alarm: Alarm, picture: Picture): number {
  const times = alarm.zones.map((zone) => zone.countdown?.latest_utc_ms ?? Infinity).filter((t) => t > picture.now_utc_ms);
  return Math.min(Number.MAX_VALUE, ...times);
}

function alarm(incident_id: string, states: ZoneState[], picture: Picture): Alarm {
  // what is still to come before what is past or not timed
  const due = (zone: ZoneState): number => {
    const latest = picture.countdowns.get(zone.zone_id)?.latest_utc_ms ?? Number.MAX_VALUE;
    return latest > picture.now_utc_ms ? latest : Number.MAX_VALUE;
  };
  const ordered = [...states].sort((a, b) => urgency(b) - urgency(a) || due(a) - due(b) || (a.zone_id < b.zone_id ? -1 : 1));
  const warnings = ordered.map((zone) => picture.warnings.get(zone.warning_id ?? "")).filter((w) => w !== undefined);
  const first: Warning | undefined = warnings[0];
  const event_ids = [...new Set(ordered.flatMap((zone) => zone.event_ids))].sort();
  const top = ordered[0]?.level ?? "watch";
  const acknowledgers = new Set(warnings.filter((warning) => warning.level === top).map((warning) => warning.acknowledged_by ?? ""));
  return {
    incident_id,
    level: top,
    urgency: Math.max(0, ...ordered.map(urgency)),
    hazard: ordered.find((zone) => zone.hazard)?.hazard ?? first?.hazard ?? "unknown",
    exercise: warnings.some((warning) => warning.exercise),
    since_utc_ms: Math.min(...ordered.map((zone) => zone.since_utc_ms)),
    zones: ordered.map((zone) => ({
      zone_id: zone.zone_id, level: zone.level, hazard: zone.hazard ?? null, probability: zone.probability,
      countdown: picture.countdowns.get(zone.zone_id), warning_id: zone.warning_id ?? "",
    })),
    event_ids,
    issuer: first?.issuer ?? "",
    rule: first?.rule ?? "",
    note: first?.note ?? "",
    held: ordered.some((zone) => zone.level === top && isHeld(zone)),
    // acknowledged only when every warning at the highest level is
    acknowledged_by: acknowledgers.has("") || acknowledgers.size === 0 ? null : [...acknowledgers].join(", "),
    warning_ids: warnings.map((warning) => warning.warning_id),
    unknowns: event_ids.length ? unknowns(event_ids, picture) : [],
  };
}

/** Radius of the 95 % impact ellipse above which a person should know that the place is uncertain. */
const WIDE_M = 1_000;
const SIGMAS_95 = Math.sqrt(-2 * Math.log(0.05));

function unknowns(event_ids: readonly string[], picture: Picture): Unknown[] {
  const found = new Map<string, Unknown>();
  const say = (unknown: Unknown): void => void (found.has(unknown.what) || found.set(unknown.what, unknown));
  for (const id of event_ids) {
    const launch = picture.launches.get(id);
    const impact = picture.impacts.get(id);
    if (launch && launch.modes.length > 1) say({ what: "two_launch_places", share: launch.modes[0]?.weight ?? 0 });
    if (impact && impact.modes.length > 1) say({ what: "two_impact_places", share: impact.modes[0]?.weight ?? 0 });
    if (launch && launch.sensors.length === 1) say({ what: "one_sensor" });
    const best = Math.max(0, ...(launch?.classes ?? []).map((c) => c.weight));
    if (launch && launch.classes.length > 1 && best < 0.8)
      say({ what: "class", classes: launch.classes.filter((c) => c.weight > 0.1).map((c) => c.name) });
    const cov = impact?.modes[0]?.cov_en;
    if (cov) {
      const radius = SIGMAS_95 * Math.sqrt((cov[0] + cov[2]) / 2 + Math.hypot((cov[0] - cov[2]) / 2, cov[1]));
      if (radius > WIDE_M) say({ what: "wide", radius_m: radius });
    }
    const track = [...picture.tracks.values()].find((t) => t.track_id === id || t.event_id === id);
    if (track && !track.range_known) say({ what: "range" });
    if (track && (track.kind === "unknown" || track.affiliation === "unknown")) say({ what: "object" });
  }
  return [...found.values()];
}

/** Who was told: the channels, the ones that failed first. */
export function told(channels: ReadonlyMap<string, Channel>): Channel[] {
  const rank = { dead: 0, late: 1, ok: 2 };
  return [...channels.values()].sort((a, b) => rank[a.status] - rank[b.status] || a.channel_id.localeCompare(b.channel_id));
}
