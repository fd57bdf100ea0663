/** What the station tells the console: the wire types of docs/console-protocol.md, in its own names. */

export type Level = "clear" | "watch" | "prepare" | "take_shelter" | "remain" | "all_clear";
export type Hazard = "rocket" | "drone" | "unknown";
export type TrackStatus = "tentative" | "confirmed" | "coasted";
export type Affiliation = "friend" | "assumed_friend" | "neutral" | "unknown" | "suspect" | "hostile";
export type ObjectKind =
  | "rocket" | "drone" | "aircraft" | "helicopter" | "own_drone" | "balloon" | "bird" | "unknown";
/** Covariance in east and north: [EE, EN, NN] in m². */
export type CovEn = [number, number, number];

export interface Zone {
  zone_id: string;
  name: string;
  name_ar: string;
  lat: number;
  lon: number;
  radius_m?: number | null;
  polygon?: [number, number][] | null;
  shelter_s: number;
  buffer_m: number;
  population: number;
}

export interface Sensor {
  sensor_id: string;
  kind: string;
  lat: number;
  lon: number;
  h: number;
  mobile: boolean;
  boresight_az?: number | null;
  boresight_el?: number | null;
  fov_az?: number | null;
  fov_el?: number | null;
  max_range_m?: number | null;
  status: "live" | "late" | "lost";
  last_seen_utc_ms: number;
  clock_offset_s?: number | null;
  position_sigma_m: number;
}

export interface FlightCorridor {
  corridor_id: string;
  center_line: [number, number][];
  half_width_m: number;
  min_height_m: number;
  max_height_m: number;
  owner: string;
}

export interface TerrainHeader {
  south: number;
  west: number;
  step_lat: number;
  step_lon: number;
  rows: number;
  columns: number;
  unit_m: number;
}

export interface Site {
  name: string;
  name_ar: string;
  origin: { lat: number; lon: number; h: number };
  zones: Zone[];
  sensors: Sensor[];
  corridors?: FlightCorridor[];
  terrain?: TerrainHeader | null;
  policy?: Record<string, unknown>;
  exercise?: boolean;
  /** Whether drills can be begun at the console. */
  can_drill?: boolean;
}

/** From how near a rocket leaves which zone no time, and the lines within which a launch does: [lat, lon]. */
export interface Blind {
  detection_s: number;
  decision_s: number;
  notify_s: number;
  zones: { zone_id: string; needed_s: number; distance_m: number; rocket_class: string; elevation: number }[];
  some: [number, number][][];
  every: [number, number][][];
}

export interface Track {
  track_id: string;
  t_utc_ms: number;
  status: TrackStatus;
  lat: number;
  lon: number;
  h: number;
  vel: [number, number, number];
  cov_en: CovEn;
  existence: number;
  kind: ObjectKind;
  affiliation: Affiliation;
  confidence: number;
  reasons: string[];
  range_known: boolean;
  transponder_id?: string | null;
  event_id?: string | null;
  sensors: string[];
  first_seen_utc_ms: number;
}

export interface Mode {
  weight: number;
  lat: number;
  lon: number;
  h: number;
  cov_en: CovEn;
  t_utc_ms: number;
  t_sigma_s: number;
}

export interface Launch {
  event_id: string;
  launch_site_id: string;
  status: "tentative" | "confirmed" | "misfire" | "cancelled";
  modes: Mode[];
  azimuth: number;
  elevation: number;
  classes: { name: string; weight: number }[];
  sensors: string[];
  detections: number;
  reasons: string[];
}

export interface ZoneRisk {
  zone_id: string;
  probability: number;
  t05_utc_ms: number;
  t50_utc_ms: number;
  t95_utc_ms: number;
}

export interface Impact {
  event_id: string;
  outcome: "forecast" | "passed" | "no_ground_crossing" | "cancelled";
  modes: Mode[];
  zone_risks: ZoneRisk[];
  trajectory: [number, number, number, number][];
}

export interface DroneCorridor {
  track_id: string;
  zone_risks: ZoneRisk[];
  neighbours: string[];
  came_from_az?: number | null;
  came_from_sigma?: number | null;
  first_seen?: { lat: number; lon: number } | null;
  axis: [number, number, number, number][];
}

export interface ZoneState {
  zone_id: string;
  level: Level;
  since_utc_ms: number;
  hazard?: Hazard | null;
  probability: number;
  t05_utc_ms?: number | null;
  t50_utc_ms?: number | null;
  t95_utc_ms?: number | null;
  warning_id?: string | null;
  event_ids: string[];
  /** What its last warning remarks, "nobody_watches" among them. */
  note?: string | null;
  /** Dangers that a live sensor would see come; absent in records of stations that did not say. */
  watched?: Hazard[];
  /** Dangers that the site's sensors could watch for here if all of them lived. */
  watchable?: Hazard[];
}

/** A loss of protection: why, and the zones that it takes protection from (none: all). */
export interface Loss {
  cause: string;
  zone_ids: string[];
  detail: string;
  since_utc_ms: number;
  cleared?: boolean;
}

export interface Warning {
  warning_id: string;
  incident_id: string;
  zone_id: string;
  level: Level;
  action: "alert" | "update" | "cancel" | "all_clear";
  hazard: Hazard;
  issued_utc_ms: number;
  expires_utc_ms: number;
  probability: number;
  t05_utc_ms?: number | null;
  t50_utc_ms?: number | null;
  t95_utc_ms?: number | null;
  event_ids: string[];
  issuer: string;
  rule: string;
  exercise: boolean;
  note: string;
  acknowledged_by?: string | null;
}

export interface Fault {
  sensor_id: string;
  kind: string;
  magnitude: number;
  unit: string;
  since_utc_ms: number;
  reasons: string[];
  cleared?: boolean;
}

export interface Channel {
  channel_id: string;
  kind: string;
  status: "ok" | "late" | "dead";
  last_ok_utc_ms?: number | null;
  sent: number;
  failed: number;
  detail?: string;
  /** The last test by a person, if there was one. */
  tested_utc_ms?: number | null;
  test_delivered?: boolean;
  test_detail?: string;
  test_took_s?: number;
}

/** A drill that was begun at a console: a process of its own, of which the station tells how it goes. */
export interface Drill {
  drill_id: string;
  zone_ids: string[];
  hazard: Hazard;
  began_utc_ms: number;
  ends_utc_ms: number;
  by: string;
  phase: "starting" | "running" | "stopping" | "over" | "stopped" | "pre_empted" | "out_of_contact" | "failed";
  level: Level | "";
  told: number;
  failed: number;
  detail?: string;
}

export interface Reject {
  utc_ms: number;
  source: string;
  field: string;
  reason: string;
}

export interface Note {
  target_id: string;
  operator: string;
  text: string;
  utc_ms: number;
}

/** What stands (snapshot) or what changed (delta); every list may be absent. */
export interface Changes {
  tracks?: Track[];
  launches?: Launch[];
  impacts?: Impact[];
  corridors?: DroneCorridor[];
  zones?: ZoneState[];
  warnings?: Warning[];
  sensors?: Sensor[];
  faults?: Fault[];
  losses?: Loss[];
  channels?: Channel[];
  drills?: Drill[];
  rejects?: Reject[];
  notes?: Note[];
  rejected_total?: number;
  tracks_ended?: string[];
  events_ended?: string[];
}

interface Stamped {
  seq: number;
  now_utc_ms: number;
}

export type Message =
  | (Stamped & { type: "hello"; boot_id: string; version: string; speed: number })
  | (Stamped & Changes & { type: "snapshot" })
  | (Stamped & Changes & { type: "delta" })
  | (Stamped & { type: "tick" });

export interface Density {
  from_utc_ms: number;
  to_utc_ms: number;
  detections: number[];
  warnings: number[];
}
