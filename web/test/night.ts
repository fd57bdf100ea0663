/** Little pieces of a night for the tests. */
import type { Mode, Track, Warning, ZoneState } from "../src/protocol";

export const mode = (weight = 1, more: Partial<Mode> = {}): Mode => ({
  weight, lat: 30, lon: 46, h: 40, cov_en: [10_000, 0, 10_000], t_utc_ms: 1_000, t_sigma_s: 0.3, ...more,
});

export const track = (track_id: string, more: Partial<Track> = {}): Track => ({
  track_id, t_utc_ms: 0, status: "confirmed", lat: 30, lon: 46, h: 100, vel: [10, 0, 0], cov_en: [100, 0, 100], existence: 1,
  kind: "drone", affiliation: "unknown", confidence: 0.5, reasons: [], range_known: true, sensors: [], first_seen_utc_ms: 0, ...more,
});

export const zone = (zone_id: string, level: ZoneState["level"], more: Partial<ZoneState> = {}): ZoneState => ({
  zone_id, level, since_utc_ms: 0, probability: 0.5, event_ids: [], ...more,
});

export const warning = (warning_id: string, more: Partial<Warning> = {}): Warning => ({
  warning_id, incident_id: "I1", zone_id: "a", level: "take_shelter", action: "alert", hazard: "rocket", issued_utc_ms: 0,
  expires_utc_ms: 0, probability: 0.5, event_ids: [], issuer: "automatic", rule: "r", exercise: false, note: "", ...more,
});
