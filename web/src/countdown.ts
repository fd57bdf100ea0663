/**
 * The countdown of a zone: an interval that only counts down.
 *
 * Forecasts wander while data arrive; a person who reads "14–19 s" must never see it jump back up and believe that there is
 * time again.  When a forecast moves later, the number stands still until the forecast has caught up with it; when it moves
 * earlier, the number falls at once.  A zone that was told of a rocket and is now told of a drone has another countdown: what
 * was said of the one says nothing of the other.
 */

export interface Countdown {
  /** Earliest moment that the impact is credibly expected (5 % quantile), and the latest (95 %), as last forecast. */
  earliest_utc_ms: number;
  latest_utc_ms: number;
  /** The time left that was said before a forecast moved later: never more than this is said again. */
  low_cap_ms: number;
  high_cap_ms: number;
  hazard: string;
}

export interface Forecast {
  hazard: string;
  t05_utc_ms: number;
  t95_utc_ms: number;
}

/** A later rocket of the same salvo starts a new countdown once the old interval is past by this much. */
const NEXT_AFTER_MS = 1_000;
/** The page's clock may run this far ahead of a message's: what was said a moment ago may have been a second less. */
const JITTER_MS = 300;

const left = (countdown: Countdown, now_utc_ms: number): { low: number; high: number } => ({
  low: Math.min(countdown.low_cap_ms, countdown.earliest_utc_ms - now_utc_ms),
  high: Math.min(countdown.high_cap_ms, countdown.latest_utc_ms - now_utc_ms),
});

/** Take in a forecast at the station's time `now_utc_ms`. */
export function advance(previous: Countdown | undefined, forecast: Forecast, now_utc_ms: number): Countdown {
  const earliest = forecast.t05_utc_ms;
  const latest = Math.max(earliest, forecast.t95_utc_ms);
  const { hazard } = forecast;
  const fresh: Countdown = { earliest_utc_ms: earliest, latest_utc_ms: latest, low_cap_ms: Infinity, high_cap_ms: Infinity, hazard };
  if (previous === undefined || previous.hazard !== hazard) return fresh;
  if (left(previous, now_utc_ms).high < -NEXT_AFTER_MS && earliest > now_utc_ms) return fresh;
  const low = (previous.earliest_utc_ms - now_utc_ms - JITTER_MS) / 1000;
  const high = (previous.latest_utc_ms - now_utc_ms - JITTER_MS) / 1000;
  return {
    ...fresh,
    low_cap_ms: Math.min(previous.low_cap_ms, earliest > previous.earliest_utc_ms ? Math.floor(low) * 1000 : Infinity),
    high_cap_ms: Math.min(previous.high_cap_ms, latest > previous.latest_utc_ms ? Math.ceil(high) * 1000 : Infinity),
  };
}

export type Reading =
  | { phase: "before"; low_s: number; high_s: number }
  | { phase: "expected" }
  | { phase: "after"; late_s: number };

/** What a countdown says at a moment: "14–19 s", then "impact expected", then "+12 s". */
export function read(countdown: Countdown, now_utc_ms: number): Reading {
  const { low, high } = left(countdown, now_utc_ms);
  if (high <= 0) return { phase: "after", late_s: Math.floor(-high / 1000) };
  if (low <= 0) return { phase: "expected" };
  // the early end rounds down and the late end up: the interval said is never narrower than the interval meant
  const low_s = Math.floor(low / 1000);
  return { phase: "before", low_s, high_s: Math.max(low_s, Math.ceil(high / 1000)) };
}
