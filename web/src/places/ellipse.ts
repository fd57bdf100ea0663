/** Ellipses of a covariance in east and north, and the circle that holds half of it. */
import type { CovEn } from "../protocol";

/** Radius, in standard deviations, of the ellipse that holds a share of a bivariate normal: sqrt(-2 ln(1 - p)). */
export const RADIUS_50 = Math.sqrt(-2 * Math.log(0.5));
export const RADIUS_95 = Math.sqrt(-2 * Math.log(0.05));

/** WGS-84 semi-major axis [m] and first eccentricity squared (NIMA TR8350.2). */
const SEMI_MAJOR_M = 6_378_137;
const ECCENTRICITY_2 = 0.00669437999014;

export interface Axes {
  /** Standard deviations along the axes, longer first [m]. */
  major_m: number;
  minor_m: number;
  /** Azimuth of the longer axis, clockwise from north [rad]. */
  azimuth: number;
}

/** Give the principal axes of a covariance. */
export function axes([ee, en, nn]: CovEn): Axes {
  const mean = (ee + nn) / 2;
  const spread = Math.hypot((ee - nn) / 2, en);
  return {
    major_m: Math.sqrt(Math.max(0, mean + spread)),
    minor_m: Math.sqrt(Math.max(0, mean - spread)),
    azimuth: Math.atan2(2 * en, nn - ee) / 2,
  };
}

/** Metres per degree of latitude and of longitude on the WGS-84 ellipsoid at a latitude. */
export function metresPerDegree(lat: number): { lat: number; lon: number } {
  const phi = (lat * Math.PI) / 180;
  const w2 = 1 - ECCENTRICITY_2 * Math.sin(phi) ** 2;
  const meridian = (SEMI_MAJOR_M * (1 - ECCENTRICITY_2)) / w2 ** 1.5;
  const normal = SEMI_MAJOR_M / Math.sqrt(w2);
  return { lat: (meridian * Math.PI) / 180, lon: (normal * Math.cos(phi) * Math.PI) / 180 };
}

/** Move a place by metres east and north (flat, good to some tens of kilometres). */
export function offset(lat: number, lon: number, east_m: number, north_m: number): [number, number] {
  const scale = metresPerDegree(lat);
  return [lon + east_m / scale.lon, lat + north_m / scale.lat];
}

/** Give the ring (closed, [lon, lat]) of the ellipse `sigmas` standard deviations out. */
export function ring(lat: number, lon: number, cov: CovEn, sigmas: number, corners = 48): [number, number][] {
  const { major_m, minor_m, azimuth } = axes(cov);
  const [sin, cos] = [Math.sin(azimuth), Math.cos(azimuth)];
  const points: [number, number][] = [];
  for (let k = 0; k <= corners; k++) {
    const turn = (2 * Math.PI * (k % corners)) / corners;
    const along = sigmas * Math.max(major_m, 1) * Math.cos(turn);
    const across = sigmas * Math.max(minor_m, 1) * Math.sin(turn);
    points.push(offset(lat, lon, along * sin + across * cos, along * cos - across * sin));
  }
  return points;
}

/** Give the ring of a circle. */
export function circle(lat: number, lon: number, radius_m: number, corners = 64): [number, number][] {
  return ring(lat, lon, [radius_m ** 2, 0, radius_m ** 2], 1, corners);
}

const ANGLES = 32;

/**
 * Circular error probable: the radius of the circle about the mean that holds half of the distribution [m].
 *
 * A point of the distribution is ρ (s₁ cos φ, s₂ sin φ) with φ uniform and ρ Rayleigh, so
 * P(R) = mean over φ of 1 − exp(−R² / 2(s₁² cos² φ + s₂² sin² φ)); P(R) = ½ is solved by bisection.
 */
export function cep(cov: CovEn): number {
  const { major_m, minor_m } = axes(cov);
  const s1 = Math.max(major_m, 1e-6);
  const s2 = Math.max(minor_m, s1 * 1e-3);
  const within = (radius: number): number => {
    let sum = 0;
    for (let k = 0; k < ANGLES; k++) {
      const phi = (Math.PI * (k + 0.5)) / (2 * ANGLES);
      sum += 1 - Math.exp(-(radius ** 2) / (2 * ((s1 * Math.cos(phi)) ** 2 + (s2 * Math.sin(phi)) ** 2)));
    }
    return sum / ANGLES;
  };
  let [low, high] = [0, 2 * s1];
  for (let k = 0; k < 40; k++) {
    const middle = (low + high) / 2;
    if (within(middle) < 0.5) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Great-circle distance [m] between two places on a sphere of the mean Earth radius (IUGG 6 371 008.8 m). */
export function distance(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const rad = Math.PI / 180;
  const a =
    Math.sin(((lat2 - lat1) * rad) / 2) ** 2 +
    Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(a)));
}
