/** The picture as GeoJSON for the map: pure, one function a source. */
import type { Feature, FeatureCollection, LineString, Point, Polygon, Position } from "geojson";
import { URGENCY } from "../alarms";
import { read } from "../countdown";
import { axes, cep, circle, metresPerDegree, offset, RADIUS_50, RADIUS_95, ring } from "../places/ellipse";
import type { Draft, Tool } from "../draft";
import type { Coverage } from "../protection";
import type { Picture } from "../picture";
import type { Blind, DroneCorridor, Impact, Level, Mode, Sensor, Site, Track, Zone } from "../protocol";
import type { Trails } from "../trails";
import type { Selection } from "../view";
import { isHeld } from "../watch";
import type { Words } from "../words";

export type Features = FeatureCollection;
type Properties = Record<string, string | number | boolean | null>;

const collect = (features: Feature[]): Features => ({ type: "FeatureCollection", features });
/** Vowel signs of Arabic, which the map's shaper tears from their letters; the word is the same without them. */
const VOWEL_SIGNS = /[\u064b-\u0652\u0670]/g;
const point = (lat: number, lon: number, properties: Properties): Feature<Point> => {
  const { label } = properties;
  const shown = typeof label === "string" ? { ...properties, label: label.replace(VOWEL_SIGNS, "") } : properties;
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: shown };
};
const line = (places: Position[], properties: Properties): Feature<LineString> => ({
  type: "Feature", geometry: { type: "LineString", coordinates: places }, properties,
});
const area = (edge: Position[], properties: Properties): Feature<Polygon> => ({
  type: "Feature", geometry: { type: "Polygon", coordinates: [edge] }, properties,
});

/** Age above which a track's label says it [ms]. */
const OLD_MS = 2_000;
/** A line ahead of a track as long as it goes in this time. */
const LEADER_S = 10;

/** What a label says of a track: identity, kind, status where it is not confirmed, age where it is old. */
export function trackLabel(track: Track, now_utc_ms: number, words: Words): string {
  const parts = [track.transponder_id || track.track_id, words.name("kind", track.kind)];
  if (track.status !== "confirmed") parts.push(words.name("status", track.status));
  if (!track.range_known) parts.push(words.say("range_unknown"));
  const age = now_utc_ms - track.t_utc_ms;
  if (age > OLD_MS) parts.push(words.span(age / 1000));
  return parts.join(" · ");
}

/** Tracks as points with the name of their symbol. */
export function trackFeatures(
  picture: Picture, now_utc_ms: number, selected: Selection | null, words: Words, prefix: string,
): Features {
  const features: Feature[] = [];
  for (const track of picture.tracks.values()) {
    const chosen = selected?.kind === "track" && selected.id === track.track_id;
    features.push(
      point(track.lat, track.lon, {
        id: track.track_id, kind: "track", icon: `${prefix}${track.affiliation}/${track.kind}/${track.status}`,
        label: trackLabel(track, now_utc_ms, words), affiliation: track.affiliation, status: track.status, selected: chosen,
        rank: rank(track, chosen), turn: course(track) ?? 0,
      }),
    );
  }
  return collect(features);
}

/** Which label gives way to which: smaller stays. */
function rank(track: Track, chosen: boolean): number {
  if (chosen) return 0;
  const order = ["hostile", "suspect", "unknown", "neutral", "assumed_friend", "friend"];
  return 1 + order.indexOf(track.affiliation) + (track.kind === "bird" ? 10 : 0);
}

export function course(track: Track): number | null {
  const [east, north] = track.vel;
  return Math.hypot(east, north) < 1 ? null : ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

/** Trails behind the tracks and leaders ahead of them. */
export function trailFeatures(picture: Picture, trails: Trails): Features {
  const features: Feature[] = [];
  for (const track of picture.tracks.values()) {
    const behind = trails.of(track.track_id);
    if (behind.length > 1)
      features.push(line([...behind, [track.lon, track.lat]], { affiliation: track.affiliation, part: "trail" }));
    if (track.range_known && course(track) !== null) {
      const ahead = offset(track.lat, track.lon, track.vel[0] * LEADER_S, track.vel[1] * LEADER_S);
      features.push(line([[track.lon, track.lat], ahead], { affiliation: track.affiliation, part: "leader" }));
    }
  }
  return collect(features);
}

/** 95 % areas of those tracks whose place is badly known, and of the selected one. */
export function trackAreas(picture: Picture, selected: Selection | null, all: boolean): Features {
  const features: Feature[] = [];
  for (const track of picture.tracks.values()) {
    const chosen = selected?.kind === "track" && selected.id === track.track_id;
    const vague = !track.range_known || RADIUS_95 * axes(track.cov_en).major_m > 150;
    if (chosen || (all && vague))
      features.push(area(ring(track.lat, track.lon, track.cov_en, RADIUS_95), { affiliation: track.affiliation }));
  }
  return collect(features);
}

/** Launch and impact as ellipses of 50 and 95 %, all modes; never a bare point. */
export function ellipseFeatures(picture: Picture, now_utc_ms: number, selected: Selection | null): Features {
  const features: Feature[] = [];
  const add = (what: string, id: string, faded: boolean, modes: readonly Mode[]): void => {
    modes.forEach((mode, number) => {
      for (const [percent, radius] of [[95, RADIUS_95], [50, RADIUS_50]] as const)
        features.push(
          area(ring(mode.lat, mode.lon, mode.cov_en, radius), {
            what, id, kind: "launch", percent, faded, weight: mode.weight, minor: number > 0,
            selected: selected?.kind === "launch" && selected.id === id,
          }),
        );
      // where the ellipse is smaller than a few pixels a ring says that it is there
      features.push(point(mode.lat, mode.lon, { what, id, kind: "launch", faded, weight: mode.weight }));
    });
  };
  for (const launch of picture.launches.values())
    add("launch", launch.event_id, launch.status === "cancelled" || launch.status === "misfire", launch.modes);
  for (const impact of picture.impacts.values())
    if (impact.outcome === "forecast" || impact.outcome === "passed")
      add("impact", impact.event_id, isPast(impact, now_utc_ms), impact.modes);
  return collect(features);
}

/** Words at the ellipses: what it is, the weight where there are several, the CEP in metres; one label a launch site. */
export function ellipseLabels(picture: Picture, words: Words): Features {
  const features: Feature[] = [];
  const sites = new Map<string, string[]>();
  for (const launch of picture.launches.values())
    sites.set(launch.launch_site_id, [...(sites.get(launch.launch_site_id) ?? []), launch.event_id]);
  for (const launch of picture.launches.values()) {
    const same = sites.get(launch.launch_site_id) ?? [];
    if (launch.modes.length === 1 && same.length > 1 && same[0] !== launch.event_id) continue;
    const id = same.length > 1 && launch.modes.length === 1 ? `${launch.launch_site_id} ×${words.number(same.length)}` : launch.event_id;
    features.push(...launch.modes.map((mode) => modeLabel("launch", id, launch.event_id, mode, launch.modes.length, words)));
  }
  for (const impact of picture.impacts.values())
    if (impact.outcome === "forecast" || impact.outcome === "passed")
      features.push(
        ...impact.modes.map((mode) => modeLabel("impact", impact.event_id, impact.event_id, mode, impact.modes.length, words)),
      );
  return collect(features);
}

function modeLabel(what: "launch" | "impact", shown: string, id: string, mode: Mode, count: number, words: Words): Feature {
  const top = ring(mode.lat, mode.lon, mode.cov_en, RADIUS_95).reduce((a, b) => (b[1] > a[1] ? b : a));
  const parts = [words.say(what === "launch" ? "launch_short" : "impact_short", { id: shown })];
  if (count > 1) parts.push(words.percent(mode.weight));
  parts.push(`${words.say("cep")} ${words.metres(cep(mode.cov_en))}`);
  return point(top[1], top[0], { what, id, kind: "launch", label: parts.join(" · "), rank: 1 - mode.weight });
}

/** A forecast whose time is over is history, whether or not the station has said so. */
function isPast(impact: Impact, now_utc_ms: number): boolean {
  return impact.outcome === "passed" || impact.modes.every((mode) => mode.t_utc_ms + 3_000 * mode.t_sigma_s + 5_000 < now_utc_ms);
}

/** Expected paths of the rockets. */
export function pathFeatures(picture: Picture, now_utc_ms: number): Features {
  const features: Feature[] = [];
  for (const impact of picture.impacts.values())
    if (impact.outcome === "forecast" && impact.trajectory.length > 1 && !isPast(impact, now_utc_ms))
      features.push(line(impact.trajectory.map(([, lat, lon]) => [lon, lat]), { id: impact.event_id, kind: "launch" }));
  return collect(features);
}

/** Corridors of the drones: where they may go, widening. */
export function corridorFeatures(picture: Picture): Features {
  const features: Feature[] = [];
  for (const corridor of picture.corridors.values()) {
    if (corridor.axis.length < 2) continue;
    features.push(area(band(corridor.axis), { id: corridor.track_id, kind: "track", part: "band" }));
    features.push(line(corridor.axis.map(([, lat, lon]) => [lon, lat]), { id: corridor.track_id, kind: "track", part: "axis" }));
    features.push(...origin(corridor, picture.tracks.get(corridor.track_id)));
  }
  return collect(features);
}

/** The outline of a line that is `half_width_m` wide to either side at each of its places. */
export function band(axis: DroneCorridor["axis"]): Position[] {
  const left: Position[] = [];
  const right: Position[] = [];
  axis.forEach(([, lat, lon, half], k) => {
    const [, lat0, lon0] = axis[Math.max(0, k - 1)] ?? [0, lat, lon, half];
    const [, lat1, lon1] = axis[Math.min(axis.length - 1, k + 1)] ?? [0, lat, lon, half];
    const scale = metresPerDegree(lat);
    const [east, north] = [(lon1 - lon0) * scale.lon, (lat1 - lat0) * scale.lat];
    const length = Math.hypot(east, north) || 1;
    left.push(offset(lat, lon, (-north / length) * half, (east / length) * half));
    right.push(offset(lat, lon, (north / length) * half, (-east / length) * half));
  });
  const first = left[0];
  return first ? [...left, ...right.reverse(), first] : [];
}

/** From where a drone came: a wedge, as wide as the direction is uncertain, no further than it was seen. */
function origin(corridor: DroneCorridor, track: Track | undefined): Feature[] {
  const { came_from_az: azimuth, came_from_sigma: sigma, first_seen: first } = corridor;
  if (azimuth == null || sigma == null || !(first ?? track)) return [];
  const { lat, lon } = first ?? { lat: track?.lat ?? 0, lon: track?.lon ?? 0 };
  return [area(wedge(lat, lon, azimuth, 4 * Math.max(sigma, 1), 3_000), { id: corridor.track_id, kind: "track", part: "origin" })];
}

/** A sector of a circle, `width` degrees about `azimuth`. */
export function wedge(lat: number, lon: number, azimuth: number, width: number, radius_m: number): Position[] {
  const places: Position[] = [[lon, lat]];
  const steps = Math.max(2, Math.ceil(width / 5));
  for (let k = 0; k <= steps; k++) {
    const turn = ((azimuth - width / 2 + (width * k) / steps) * Math.PI) / 180;
    places.push(offset(lat, lon, radius_m * Math.sin(turn), radius_m * Math.cos(turn)));
  }
  places.push([lon, lat]);
  return places;
}

export function zoneRing(zone: Zone): Position[] {
  if (zone.polygon && zone.polygon.length >= 3) {
    const corners = zone.polygon.map(([lat, lon]): Position => [lon, lat]);
    const first = corners[0];
    return first ? [...corners, first] : [];
  }
  return circle(zone.lat, zone.lon, zone.radius_m ?? 100);
}

/** Zones as they lie; what they are told stands in `zoneLevels`. */
export function zoneFeatures(site: Site, selected: Selection | null, unwatched: ReadonlySet<string>): Features {
  return collect(
    site.zones.map((zone) =>
      area(zoneRing(zone), {
        id: zone.zone_id, kind: "zone", unwatched: unwatched.has(zone.zone_id), selected: selected?.kind === "zone" && selected.id === zone.zone_id,
      }),
    ),
  );
}

/**
 * The zones that are told something, with their level: few of a country's hundreds, so that an alarm is drawn at once.
 *
 * One zone is there unseen at every level, from the beginning: what draws a level is then ready before the first alarm.
 */
export function zoneLevels(zones: ReadonlyMap<string, Zone>, picture: Picture): Features {
  const [first] = zones.values();
  const levels = (Object.keys(URGENCY) as Level[]).filter((level) => level !== "clear");
  const features: Feature[] = first ? levels.map((level) => area(zoneRing(first), { level, unseen: true })) : [];
  for (const { zone_id, level } of picture.zones.values()) {
    const zone = zones.get(zone_id);
    if (zone && level !== "clear") features.push(area(zoneRing(zone), { id: zone_id, kind: "zone", level }));
  }
  return collect(features);
}

/** Zones that are told something, joined: what the names on the map hang on. */
export function toldZones(picture: Picture): string {
  return [...picture.zones.values()].filter(({ level }) => level !== "clear").map(({ zone_id }) => zone_id).join("\n");
}

/** What a countdown says in words. */
export function countdownText(picture: Picture, zone_id: string, now_utc_ms: number, words: Words): string {
  if (isHeld(picture.zones.get(zone_id))) return words.say("time_over");
  const countdown = picture.countdowns.get(zone_id);
  if (!countdown) return "";
  const reading = read(countdown, now_utc_ms);
  if (reading.phase === "before") {
    return reading.high_s > 100
      ? `${words.span(reading.low_s)} – ${words.span(reading.high_s)}`
      : words.say("seconds", { a: reading.low_s, b: reading.high_s });
  }
  const drone = picture.zones.get(zone_id)?.hazard === "drone";
  const expected = words.say(drone ? "arrival_expected" : "impact_expected");
  return reading.phase === "expected" ? expected : `${expected} ${words.say("after", { s: words.span(reading.late_s) })}`;
}

/** The countdown in few letters for the map: "14–19 s", then "+12 s". */
function shortCountdown(picture: Picture, zone_id: string, now_utc_ms: number, words: Words): string {
  const countdown = picture.countdowns.get(zone_id);
  const reading = countdown && read(countdown, now_utc_ms);
  return reading?.phase === "after" && !isHeld(picture.zones.get(zone_id)) ? words.say("after", { s: words.span(reading.late_s) }) : countdownText(picture, zone_id, now_utc_ms, words);
}

interface Spot {
  lat: number;
  lon: number;
  anchor: "top" | "bottom";
}

const spots = new WeakMap<Site, Spot[]>();

/** Where each zone bears its name: above it if its nearest neighbour lies to the south, else below; so two names keep apart. */
function nameSpots(site: Site): Spot[] {
  const known = spots.get(site);
  if (known) return known;
  const made = site.zones.map((zone): Spot => {
    const squeeze = Math.cos((zone.lat * Math.PI) / 180);
    let [least, south] = [Infinity, true];
    for (const other of site.zones) {
      const away = (other.lat - zone.lat) ** 2 + ((other.lon - zone.lon) * squeeze) ** 2;
      if (other === zone || away >= least) continue;
      [least, south] = [away, other.lat < zone.lat];
    }
    const lats = zoneRing(zone).map(([, lat = zone.lat]) => lat);
    return { lat: south ? Math.max(...lats) : Math.min(...lats), lon: zone.lon, anchor: south ? "bottom" : "top" };
  });
  spots.set(site, made);
  return made;
}

/** Names of the zones that are told nothing, at their upper or lower edge, and where it is so that nobody watches them. */
export function zoneNames(site: Site, picture: Picture, words: Words, unwatched: ReadonlySet<string>): Features {
  const said = (zone_id: string): string[] => (unwatched.has(zone_id) ? [words.name("level", "unwatched")] : []);
  return collect(namedZones(site, picture, words, (level) => level === "clear", said));
}

/** Names of the zones that are told something, with level and countdown. */
export function zoneLabels(site: Site, picture: Picture, now_utc_ms: number, words: Words): Features {
  const said = (zone_id: string, level: Level): string[] => {
    const counts = level === "prepare" || level === "take_shelter";
    const countdown = counts ? shortCountdown(picture, zone_id, now_utc_ms, words) : "";
    return [[words.name("level", level), countdown].filter(Boolean).join(" · ")];
  };
  return collect(namedZones(site, picture, words, (level) => level !== "clear", said));
}

function namedZones(
  site: Site, picture: Picture, words: Words, chosen: (level: Level) => boolean, said: (zone_id: string, level: Level) => string[],
): Feature[] {
  const places = nameSpots(site);
  return site.zones.flatMap((zone, k) => {
    const level = picture.zones.get(zone.zone_id)?.level ?? "clear";
    if (!chosen(level)) return [];
    const label = [words.zone(zone, zone.zone_id), ...said(zone.zone_id, level)].join("\n");
    const { lat, lon, anchor } = places[k] ?? { lat: zone.lat, lon: zone.lon, anchor: "bottom" };
    return [point(lat, lon, { id: zone.zone_id, kind: "zone", level, label, anchor, rank: -URGENCY[level] })];
  });
}

/** Where a launch leaves people no time: lines for some and for every zone, and the ring of the selected zone. */
export function blindFeatures(blind: Blind | null, site: Site, selected: Selection | null, words: Words): Features {
  if (!blind) return collect([]);
  const features: Feature[] = [];
  for (const what of ["some", "every"] as const)
    for (const edge of blind[what]) {
      features.push(line(edge.map(([lat, lon]) => [lon, lat]), { part: "line", what }));
      // named at its four ends: one of them is in sight
      const ends = ([[0, 1], [0, -1], [1, 1], [1, -1]] as const).map(([axis, way]) => edge.reduce((a, b) => (way * b[axis] > way * a[axis] ? b : a)));
      for (const [lat, lon] of ends) features.push(point(lat, lon, { part: "name", label: words.say(`blind_${what}`) }));
    }
  const zone = selected?.kind === "zone" ? site.zones.find((one) => one.zone_id === selected.id) : undefined;
  const told = zone && blind.zones.find((one) => one.zone_id === zone.zone_id);
  if (zone && told && told.distance_m > 0)
    features.push(area(circle(zone.lat, zone.lon, zoneReach(zone) + told.distance_m), { part: "ring" }));
  return collect(features);
}

/** How far a zone's edge is from its middle. */
function zoneReach(zone: Zone): number {
  const { lat: perLat, lon: perLon } = metresPerDegree(zone.lat);
  return Math.max(...zoneRing(zone).map(([lon = zone.lon, lat = zone.lat]) => Math.hypot((lon - zone.lon) * perLon, (lat - zone.lat) * perLat)));
}

/** What each sensor sees, and whether it is lost: then it is shown as what is not seen any more. */
export function coverageFeatures(coverage: Coverage, lost: ReadonlySet<string>): Features {
  return collect(
    coverage.features.map((feature) => ({ ...feature, properties: { ...feature.properties, lost: lost.has(feature.properties.sensor_id) } })),
  );
}

/** Sensors: where they stand, how they are, what they look at. */
export function sensorFeatures(
  picture: Picture, site: Site, selected: Selection | null, words: Words, prefix: string,
): Features {
  const features: Feature[] = [];
  for (const sensor of sensorsOf(picture, site)) {
    if (!hasPlace(sensor)) continue;
    const chosen = selected?.kind === "sensor" && selected.id === sensor.sensor_id;
    const properties = { id: sensor.sensor_id, kind: "sensor", status: sensor.status, selected: chosen };
    const lost = sensor.status === "live" ? "" : ` · ${words.name("status", sensor.status)}`;
    features.push(
      point(sensor.lat, sensor.lon, { ...properties, icon: `${prefix}sensor/${sensor.kind}/${sensor.status}`, label: `${sensor.sensor_id}${lost}` }),
    );
    if (sensor.fov_az && sensor.boresight_az != null) {
      const reach = Math.min(sensor.max_range_m ?? 4_000, 20_000);
      features.push(area(wedge(sensor.lat, sensor.lon, sensor.boresight_az, sensor.fov_az, reach), { ...properties, part: "fov" }));
    }
  }
  return collect(features);
}

/** A sensor that never said where it is stands at 0, 0: it is listed, but not drawn in the Gulf of Guinea. */
export function hasPlace(sensor: Sensor): boolean {
  return sensor.lat !== 0 || sensor.lon !== 0;
}

export function sensorsOf(picture: Picture, site: Site | null): Sensor[] {
  const known = new Map((site?.sensors ?? []).map((sensor) => [sensor.sensor_id, sensor]));
  for (const sensor of picture.sensors.values()) known.set(sensor.sensor_id, sensor);
  return [...known.values()];
}

/** Airways of the site: where friendly aircraft are expected. */
export function airwayFeatures(site: Site): Features {
  return collect(
    (site.corridors ?? []).map((corridor) =>
      area(band(corridor.center_line.map(([lat, lon]) => [0, lat, lon, corridor.half_width_m])), { id: corridor.corridor_id }),
    ),
  );
}

/** A draft of a site: its zones, the corners in hand, its sensors. */
export function draftFeatures(draft: Draft, hand: Tool, prefix: string): Features {
  const features: Feature[] = draft.zones.map((zone) =>
    area(
      zoneRing({
        zone_id: zone.id, name: zone.name, name_ar: zone.name_ar, lat: zone.latitude_deg ?? 0, lon: zone.longitude_deg ?? 0,
        radius_m: zone.radius_m ?? null, polygon: zone.polygon_deg ?? null, shelter_s: 0, buffer_m: 0, population: 0,
      }), { part: "zone" },
    ),
  );
  for (const zone of draft.zones) {
    const [lat, lon] = zone.polygon_deg?.[0] ?? [zone.latitude_deg ?? 0, zone.longitude_deg ?? 0];
    features.push(point(lat, lon, { part: "name", label: zone.name || zone.id }));
  }
  for (const sensor of draft.sensors)
    features.push(point(sensor.latitude_deg, sensor.longitude_deg, { part: "sensor", icon: `${prefix}sensor/${sensor.kind}/live`, label: sensor.id }));
  if (hand?.what === "polygon") {
    for (const [lat, lon] of hand.corners) features.push(point(lat, lon, { part: "corner" }));
    if (hand.corners.length > 1) features.push(line(hand.corners.map(([lat, lon]) => [lon, lat]), { part: "edge" }));
  }
  return collect(features);
}
