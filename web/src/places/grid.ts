/**
 * Latitude and longitude as UTM and MGRS (WGS-84).
 *
 * UTM by Krüger's series in the third flattening to the fourth order (C. F. F. Karney, "Transverse Mercator with an accuracy of a
 * few nanometers", J. Geodesy 85, 2011, eqs. 7–11 and 35), good to well below a millimetre.  MGRS by NGA.STND.0037, 2.0.
 * Between 84° N and 80° S only; beyond them there is no UTM and the answer is null.
 */

export interface Utm {
  zone: number;
  band: string;
  north: boolean;
  easting_m: number;
  northing_m: number;
}

const A = 6_378_137;
const F = 1 / 298.257223563;
const N = F / (2 - F);
const K0 = 0.9996;
const RECTIFYING_RADIUS = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];
const BANDS = "CDEFGHJKLMNPQRSTUVWX";

function zoneOf(lat: number, lon: number): number {
  const wrapped = ((((lon + 180) % 360) + 360) % 360) - 180;
  // south-west Norway and Svalbard (NGA.STND.0037, 2.0, § 7.5)
  if (lat >= 56 && lat < 64 && wrapped >= 3 && wrapped < 12) return 32;
  if (lat >= 72 && wrapped >= 0 && wrapped < 42) return wrapped < 9 ? 31 : wrapped < 21 ? 33 : wrapped < 33 ? 35 : 37;
  return Math.min(60, Math.floor((wrapped + 180) / 6) + 1);
}

/** Give a place in UTM, or null in the polar regions. */
export function utm(lat: number, lon: number): Utm | null {
  if (!(lat >= -80 && lat <= 84)) return null;
  const zone = zoneOf(lat, lon);
  const phi = (lat * Math.PI) / 180;
  const lambda = ((((lon - (6 * zone - 183) + 540) % 360) - 180) * Math.PI) / 180;
  const e = Math.sqrt(F * (2 - F));
  const tau = Math.tan(phi);
  const sigma = Math.sinh(e * Math.atanh((e * tau) / Math.hypot(1, tau)));
  const conformal = tau * Math.hypot(1, sigma) - sigma * Math.hypot(1, tau);
  const xi = Math.atan2(conformal, Math.cos(lambda));
  const eta = Math.asinh(Math.sin(lambda) / Math.hypot(conformal, Math.cos(lambda)));
  let [x, y] = [eta, xi];
  ALPHA.forEach((alpha, k) => {
    const order = 2 * (k + 1);
    y += alpha * Math.sin(order * xi) * Math.cosh(order * eta);
    x += alpha * Math.cos(order * xi) * Math.sinh(order * eta);
  });
  const north = lat >= 0;
  return {
    zone,
    band: BANDS.charAt(Math.min(19, Math.floor((lat + 80) / 8))),
    north,
    easting_m: 500_000 + K0 * RECTIFYING_RADIUS * x,
    northing_m: (north ? 0 : 10_000_000) + K0 * RECTIFYING_RADIUS * y,
  };
}

const COLUMNS = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"];
const ROWS = "ABCDEFGHJKLMNPQRSTUV";

/** Give a place in MGRS, cut to the metre ("38S MB 12345 67890"), or null in the polar regions. */
export function mgrs(lat: number, lon: number): string | null {
  const place = utm(lat, lon);
  if (place === null) return null;
  const column = (COLUMNS[(place.zone - 1) % 3] ?? "").charAt(Math.floor(place.easting_m / 100_000) - 1);
  const shift = place.zone % 2 === 0 ? 5 : 0;
  const row = ROWS.charAt((Math.floor(place.northing_m / 100_000) + shift) % 20);
  const digits = (value: number): string => String(Math.floor(value % 100_000)).padStart(5, "0");
  return `${place.zone}${place.band} ${column}${row} ${digits(place.easting_m)} ${digits(place.northing_m)}`;
}

/** Give a place as "38S 512345 E 3667890 N", or null in the polar regions. */
export function utmText(lat: number, lon: number): string | null {
  const place = utm(lat, lon);
  return place && `${place.zone}${place.band} ${Math.round(place.easting_m)} E ${Math.round(place.northing_m)} N`;
}

/** Give a place as decimal degrees, five digits (about a metre). */
export function latLonText(lat: number, lon: number): string {
  const part = (value: number, plus: string, minus: string): string =>
    `${Math.abs(value).toFixed(5)}° ${value < 0 ? minus : plus}`;
  return `${part(lat, "N", "S")} ${part(lon, "E", "W")}`;
}
