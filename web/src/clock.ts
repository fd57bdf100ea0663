/** The station's time between two messages, and how long nothing was heard. */

/** A console that hears nothing for this long shows that it has no picture. */
export const SILENCE_MS = 3_000;

export class StationClock {
  private heard_ms = -Infinity;
  private station_ms = 0;
  private last_ms = 0;
  private speed = 1;

  /** Take in a message that arrived at the page's monotonic time `page_ms`. */
  hear(station_utc_ms: number, speed: number, page_ms: number): void {
    this.station_ms = station_utc_ms;
    this.speed = speed;
    this.heard_ms = page_ms;
  }

  /** The station's time now.  It never runs backwards by less than a second of jitter, so that countdowns do not flicker. */
  now(page_ms: number): number {
    if (this.heard_ms === -Infinity) return 0;
    const estimate = this.station_ms + (page_ms - this.heard_ms) * this.speed;
    const back = this.last_ms - estimate;
    if (!(back > 0 && back < 1_000 * this.speed)) this.last_ms = estimate;
    return this.last_ms;
  }

  /** Milliseconds of the page's time since anything was heard. */
  silence(page_ms: number): number {
    return page_ms - this.heard_ms;
  }
}
