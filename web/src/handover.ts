/** What the next shift must know: pure. */
import { URGENCY, type Alarm } from "./alarms";
import type { Picture } from "./picture";
import type { Protection } from "./protection";

export interface Handover {
  alarms: Alarm[];
  unacknowledged: number;
  lost_sensors: string[];
  faults: { sensor_id: string; kind: string }[];
  unwatched_zones: string[];
  dead_channels: string[];
  /** Launches whose launcher may still stand there, the latest first. */
  launch_sites: { launch_site_id: string; launches: number; last_utc_ms: number }[];
  notes: { operator: string; text: string; utc_ms: number }[];
}

/** Notes of this long ago are still told. */
const NOTES_MS = 12 * 3_600_000;

export function handover(picture: Picture, alarms: readonly Alarm[], protections: readonly Protection[]): Handover {
  const standing = alarms.filter((alarm) => URGENCY[alarm.level] > URGENCY.all_clear);
  const sites = new Map<string, { launch_site_id: string; launches: number; last_utc_ms: number }>();
  for (const launch of picture.launches.values()) {
    if (launch.status === "cancelled") continue;
    const known = sites.get(launch.launch_site_id) ?? { launch_site_id: launch.launch_site_id, launches: 0, last_utc_ms: 0 };
    const last = Math.max(known.last_utc_ms, launch.modes[0]?.t_utc_ms ?? 0);
    sites.set(launch.launch_site_id, { ...known, launches: known.launches + 1, last_utc_ms: last });
  }
  return {
    alarms: standing,
    unacknowledged: standing.filter((alarm) => !alarm.acknowledged_by).length,
    lost_sensors: [...picture.sensors.values()].filter((sensor) => sensor.status === "lost").map((sensor) => sensor.sensor_id),
    faults: [...picture.faults.values()].map(({ sensor_id, kind }) => ({ sensor_id, kind })),
    unwatched_zones: protections.filter((zone) => zone.state === "none").map((zone) => zone.zone_id),
    dead_channels: [...picture.channels.values()].filter((channel) => channel.status === "dead").map((channel) => channel.channel_id),
    launch_sites: [...sites.values()].sort((a, b) => b.last_utc_ms - a.last_utc_ms),
    notes: picture.notes.filter((note) => note.utc_ms > picture.now_utc_ms - NOTES_MS),
  };
}
