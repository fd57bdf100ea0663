/** Places for the people on the ground, as GPX 1.1, KML 2.2 or GeoJSON (RFC 7946): pure. */
import type { Picture } from "../picture";
import type { Mode, Site } from "../protocol";
import type { Selection } from "../view";
import { cep, RADIUS_95, ring } from "./ellipse";
import { mgrs } from "./grid";

export type Format = "gpx" | "kml" | "geojson";

export interface ExportPlace {
  name: string;
  what: string;
  lat: number;
  lon: number;
  h: number | null;
  t_utc_ms: number | null;
  /** Share of the evidence for this possibility, CEP, and the edge of the 95 % area, where there is one. */
  weight: number | null;
  cep_m: number | null;
  edge: [number, number][] | null;
}

function ofMode(what: string, id: string, mode: Mode, number: number, count: number): ExportPlace {
  return {
    name: `${what} ${id}${count > 1 ? ` (${number + 1}/${count}, ${Math.round(mode.weight * 100)} %)` : ""}`, what,
    lat: mode.lat, lon: mode.lon, h: mode.h, t_utc_ms: mode.t_utc_ms, weight: mode.weight, cep_m: cep(mode.cov_en),
    edge: ring(mode.lat, mode.lon, mode.cov_en, RADIUS_95),
  };
}

function bare(what: string, id: string, lat: number, lon: number, h: number | null, t: number | null): ExportPlace {
  return { name: `${what} ${id}`, what, lat, lon, h, t_utc_ms: t, weight: null, cep_m: null, edge: null };
}

/** The places that a selection stands for, the likeliest first; all launches and impacts if nothing is selected. */
export function placesOf(picture: Picture, site: Site | null, selected: Selection | null): ExportPlace[] {
  const event = (id: string): ExportPlace[] => [
    ...(picture.launches.get(id)?.modes ?? []).map((m, k, all) => ofMode("launch", id, m, k, all.length)),
    ...(picture.impacts.get(id)?.modes ?? []).map((m, k, all) => ofMode("impact", id, m, k, all.length)),
  ];
  if (!selected) return [...picture.launches.keys()].flatMap(event);
  if (selected.kind === "launch") return event(selected.id);
  if (selected.kind === "track") {
    const track = picture.tracks.get(selected.id);
    if (!track) return [];
    const place = bare("track", track.track_id, track.lat, track.lon, track.h, track.t_utc_ms);
    return [{ ...place, cep_m: cep(track.cov_en), edge: ring(track.lat, track.lon, track.cov_en, RADIUS_95) }];
  }
  if (selected.kind === "zone") {
    const zone = site?.zones.find((z) => z.zone_id === selected.id);
    return zone ? [bare("zone", zone.zone_id, zone.lat, zone.lon, null, null)] : [];
  }
  if (selected.kind === "sensor") {
    const sensor = picture.sensors.get(selected.id) ?? site?.sensors.find((s) => s.sensor_id === selected.id);
    return sensor && (sensor.lat || sensor.lon) ? [bare("sensor", sensor.sensor_id, sensor.lat, sensor.lon, sensor.h, null)] : [];
  }
  const zones = [...picture.zones.values()].filter(
    (zone) => (picture.warnings.get(zone.warning_id ?? "")?.incident_id ?? "") === selected.id,
  );
  return [...new Set(zones.flatMap((zone) => zone.event_ids))].flatMap(event);
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" })[sign] ?? sign);

function describe(place: ExportPlace): string {
  const parts = [mgrs(place.lat, place.lon) ?? ""];
  if (place.cep_m !== null) parts.push(`CEP ${Math.round(place.cep_m)} m`);
  if (place.t_utc_ms !== null) parts.push(new Date(place.t_utc_ms).toISOString());
  return parts.filter(Boolean).join("; ");
}

function gpx(places: readonly ExportPlace[]): string {
  const points = places.map((place) => {
    const time = place.t_utc_ms === null ? "" : `<time>${new Date(place.t_utc_ms).toISOString()}</time>`;
    return `<wpt lat="${place.lat.toFixed(7)}" lon="${place.lon.toFixed(7)}">${time}<name>${escape(place.name)}</name>` +
      `<desc>${escape(describe(place))}</desc></wpt>`;
  });
  const edges = places.filter((place) => place.edge).map((place) =>
    `<trk><name>${escape(place.name)} 95 %</name><trkseg>` +
    (place.edge ?? []).map(([lon, lat]) => `<trkpt lat="${lat.toFixed(7)}" lon="${lon.toFixed(7)}"/>`).join("") + "</trkseg></trk>");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="Marsad">\n` +
    `${[...points, ...edges].join("\n")}\n</gpx>\n`;
}

function kml(places: readonly ExportPlace[]): string {
  const marks = places.map((place) => {
    const edge = place.edge
      ? `<Polygon><outerBoundaryIs><LinearRing><coordinates>${place.edge.map(([lon, lat]) => `${lon.toFixed(7)},${lat.toFixed(7)}`).join(" ")}` +
        "</coordinates></LinearRing></outerBoundaryIs></Polygon>" : "";
    const when = place.t_utc_ms === null ? "" : `<TimeStamp><when>${new Date(place.t_utc_ms).toISOString()}</when></TimeStamp>`;
    return `<Placemark><name>${escape(place.name)}</name><description>${escape(describe(place))}</description>${when}` +
      `<MultiGeometry><Point><coordinates>${place.lon.toFixed(7)},${place.lat.toFixed(7)}</coordinates></Point>${edge}</MultiGeometry></Placemark>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Marsad</name>\n` +
    `${marks.join("\n")}\n</Document></kml>\n`;
}

function geojson(places: readonly ExportPlace[]): string {
  const features = places.flatMap((place) => {
    const properties = {
      name: place.name, what: place.what, mgrs: mgrs(place.lat, place.lon), weight: place.weight,
      cep_m: place.cep_m === null ? null : Math.round(place.cep_m),
      time_utc: place.t_utc_ms === null ? null : new Date(place.t_utc_ms).toISOString(),
    };
    const at = { type: "Feature", properties, geometry: { type: "Point", coordinates: [place.lon, place.lat] } };
    // RFC 7946 wants the outer ring counter-clockwise; ours turns with the azimuth
    const turned = place.edge && { type: "Polygon", coordinates: [[...place.edge].reverse()] };
    return turned ? [at, { type: "Feature", properties: { ...properties, area: "95 %" }, geometry: turned }] : [at];
  });
  return `${JSON.stringify({ type: "FeatureCollection", features }, null, 1)}\n`;
}

/** Make the file of a format. */
export function exportAs(format: Format, places: readonly ExportPlace[], at_utc_ms: number): { name: string; type: string; text: string } {
  const stamp = new Date(at_utc_ms).toISOString().slice(0, 19).replaceAll(":", "");
  const made = {
    gpx: { type: "application/gpx+xml", make: gpx },
    kml: { type: "application/vnd.google-earth.kml+xml", make: kml },
    geojson: { type: "application/geo+json", make: geojson },
  }[format];
  return { name: `marsad-${stamp}.${format}`, type: made.type, text: made.make(places) };
}
