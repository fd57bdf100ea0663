/** The tables: what rows they have and what stands in their columns.  Text is made only for the rows that are seen. */
import { URGENCY, type Alarm } from "../alarms";
import { countdownText, sensorsOf } from "../map/features";
import { cep, distance } from "../places/ellipse";
import { mgrs } from "../places/grid";
import type { Picture } from "../picture";
import type { Protection } from "../protection";
import type { Launch, Reject, Sensor, Site, Track, Zone, ZoneState } from "../protocol";
import type { Kind, Tab } from "../view";
import { shownOf, unseenOf, watchingOf } from "../watch";
import type { Words } from "../words";
import type { Key } from "../words/pack";

export interface Scene {
  picture: Picture;
  site: Site | null;
  words: Words;
  now_utc_ms: number;
  alarms: readonly Alarm[];
  protections: readonly Protection[];
}

export interface Column {
  head: Key;
  text: (scene: Scene) => string;
  /** What the column is sorted by, if not by its text. */
  value?: number | string;
  /** Word of a family that styles the cell, e.g. level-take_shelter. */
  tone?: string;
  /** Set Latin (identifiers, grid references), left to right in every language. */
  latin?: boolean;
}

export interface Row {
  kind: Kind | null;
  id: string;
  /** Urgent rows first, when no column is chosen for sorting. */
  order: number;
  columns: () => Column[];
}

const AFFILIATIONS = ["hostile", "suspect", "unknown", "neutral", "assumed_friend", "friend"];

function trackRow(track: Track, { now_utc_ms, site }: Scene): Row {
  const away = site ? distance(site.origin.lat, site.origin.lon, track.lat, track.lon) : 0;
  return {
    kind: "track", id: track.track_id,
    order: AFFILIATIONS.indexOf(track.affiliation) * 10 + (track.kind === "rocket" ? 0 : track.kind === "bird" ? 2 : 1),
    columns: () => [
      { head: "name", text: () => track.track_id, latin: true },
      { head: "kind", text: ({ words }) => words.name("kind", track.kind) },
      { head: "affiliation", text: ({ words }) => words.name("affiliation", track.affiliation), tone: `side-${track.affiliation}`,
        value: AFFILIATIONS.indexOf(track.affiliation) },
      { head: "status", text: ({ words }) => words.name("status", track.status), tone: `status-${track.status}` },
      { head: "age", text: ({ words }) => words.span((now_utc_ms - track.t_utc_ms) / 1000), value: now_utc_ms - track.t_utc_ms },
      { head: "range", text: ({ words }) => (track.range_known ? words.metres(away) : words.say("range_unknown")), value: away },
      { head: "height", text: ({ words }) => words.metres(track.h), value: track.h },
    ],
  };
}

function launchRow(launch: Launch, { picture }: Scene): Row {
  const best = launch.modes[0];
  const impact = picture.impacts.get(launch.event_id);
  const error = best ? cep(best.cov_en) : 0;
  return {
    kind: "launch", id: launch.event_id, order: -(best?.t_utc_ms ?? 0),
    columns: () => [
      { head: "name", text: () => launch.event_id, latin: true },
      { head: "status", text: ({ words }) => words.name("status", launch.status), tone: `status-${launch.status}` },
      { head: "time", text: ({ words }) => (best ? words.clock(best.t_utc_ms) : ""), value: best?.t_utc_ms ?? 0 },
      { head: "place", text: () => (best ? (mgrs(best.lat, best.lon) ?? "") : ""), latin: true },
      { head: "cep", text: ({ words }) => (best ? words.metres(error) : ""), value: error },
      { head: "weight", text: ({ words }) => launch.modes.map((mode) => words.percent(mode.weight)).join(" / ") },
      { head: "impact", text: ({ words }) => (impact ? words.name("outcome", impact.outcome) : "") },
    ],
  };
}

function sensorRow(sensor: Sensor, { now_utc_ms, picture }: Scene): Row {
  const age = now_utc_ms - sensor.last_seen_utc_ms;
  const faults = [...picture.faults.values()].filter((fault) => fault.sensor_id === sensor.sensor_id);
  return {
    kind: "sensor", id: sensor.sensor_id, order: ["lost", "late", "live"].indexOf(sensor.status) * 2 - (faults.length ? 1 : 0),
    columns: () => [
      { head: "name", text: () => sensor.sensor_id, latin: true },
      { head: "kind", text: ({ words }) => words.name("sensor", sensor.kind) },
      { head: "status", text: ({ words }) => words.name("status", sensor.status), tone: `sensor-${sensor.status}` },
      { head: "last_seen", text: ({ words }) => words.span(age / 1000), value: age },
      { head: "faults", text: ({ words }) => faults.map((fault) => words.name("fault", fault.kind)).join(", ") },
    ],
  };
}

function zoneRow(zone: Zone, scene: Scene): Row {
  const state = scene.picture.zones.get(zone.zone_id);
  const level = state?.level ?? "clear";
  const shown = shownOf(state);
  const watched = scene.protections.find((p) => p.zone_id === zone.zone_id);
  return {
    kind: "zone", id: zone.zone_id, order: shown === "unwatched" ? -0.5 : -URGENCY[level],
    columns: () => [
      { head: "name", text: ({ words }) => words.zone(zone, zone.zone_id) },
      { head: "level", text: ({ words }) => words.name("level", shown), tone: `level-${shown}`, value: -URGENCY[level] },
      { head: "when", text: ({ words, picture, now_utc_ms }) => countdownText(picture, zone.zone_id, now_utc_ms, words) },
      { head: "probability", text: ({ words }) => (state?.probability ? words.percent(state.probability) : ""), value: state?.probability ?? 0 },
      { head: "protection", text: ({ words }) => protectionText(watched, state, words), tone: `watched-${watched?.state ?? "unknown"}` },
      { head: "people", text: ({ words }) => words.number(zone.population), value: zone.population },
      { head: "shelter_time", text: ({ words }) => words.span(zone.shelter_s), value: zone.shelter_s },
    ],
  };
}

/** Who watches a zone: nobody, or how many of its sensors, and what they cannot see. */
export function protectionText(watched: Protection | undefined, state: ZoneState | undefined, words: Words): string {
  if (watched?.state === "none" || watchingOf(state) === "nobody") return words.say("protection_none");
  const unseen = unseenOf(state).map((hazard) => words.say(`not_for_${hazard}` as Key));
  if (!watched || watched.state === "unknown") return unseen.join(" · ") || words.say("protection_unknown");
  const alive = watched.sensors.length - watched.lost.length;
  const count = watched.sensors.length ? [`${words.number(alive)}/${words.number(watched.sensors.length)}`] : [];
  return [...count, ...unseen].join(" · ");
}

function alarmRow(alarm: Alarm, { site }: Scene): Row {
  const zones = new Map((site?.zones ?? []).map((zone) => [zone.zone_id, zone]));
  return {
    kind: "alarm", id: alarm.incident_id, order: -URGENCY[alarm.level],
    columns: () => [
      { head: "name", text: () => alarm.incident_id.replace(/^incident-\d+T\d+-/, ""), latin: true },
      { head: "what", text: ({ words }) => words.name("hazard", alarm.hazard) },
      { head: "level", text: ({ words }) => words.name("level", alarm.level), tone: `level-${alarm.level}`, value: -URGENCY[alarm.level] },
      { head: "where", text: ({ words }) => alarm.zones.map((z) => words.zone(zones.get(z.zone_id), z.zone_id)).join(words.pack.dir === "rtl" ? "، " : ", ") },
      { head: "since", text: ({ words }) => words.clock(alarm.since_utc_ms), value: alarm.since_utc_ms },
      { head: "operator", text: ({ words }) => alarm.acknowledged_by ?? words.say("unacknowledged") },
    ],
  };
}

function rejectRow(reject: Reject, number: number): Row {
  return {
    kind: null, id: `${reject.utc_ms}/${number}`, order: -reject.utc_ms,
    columns: () => [
      { head: "time", text: ({ words }) => words.clock(reject.utc_ms), value: reject.utc_ms },
      { head: "source", text: () => reject.source, latin: true },
      { head: "field", text: () => reject.field, latin: true },
      { head: "reason", text: () => reject.reason, latin: true },
    ],
  };
}

/** All rows of a table. */
export function rowsOf(tab: Tab, scene: Scene): Row[] {
  switch (tab) {
    case "tracks": return [...scene.picture.tracks.values()].map((track) => trackRow(track, scene));
    case "launches": return [...scene.picture.launches.values()].map((launch) => launchRow(launch, scene));
    case "sensors": return sensorsOf(scene.picture, scene.site).map((sensor) => sensorRow(sensor, scene));
    case "zones": return (scene.site?.zones ?? []).map((zone) => zoneRow(zone, scene));
    case "alarms": return scene.alarms.map((alarm) => alarmRow(alarm, scene));
    case "rejects": return scene.picture.rejects.map(rejectRow);
  }
}

export interface Sorting {
  column: number;
  down: boolean;
}

/** Order and filter rows: by urgency, or by the chosen column; the filter looks at the text of every column. */
export function arrange(rows: readonly Row[], scene: Scene, filter: string, sorting: Sorting | null): Row[] {
  const wanted = filter.trim().toLocaleLowerCase();
  const kept = wanted
    ? rows.filter((row) => row.columns().some((column) => column.text(scene).toLocaleLowerCase().includes(wanted))) : [...rows];
  if (!sorting) return kept.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  const keyed = kept.map((row) => {
    const column = row.columns()[sorting.column];
    return { row, value: column?.value ?? column?.text(scene) ?? "" };
  });
  const sign = sorting.down ? -1 : 1;
  return keyed.sort((a, b) => sign * compare(a.value, b.value) || (a.row.id < b.row.id ? -1 : 1)).map(({ row }) => row);
}

function compare(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

