/** Where the tracks have been: the last places of each, thinned, bounded. */
import type { Picture } from "./picture";

const KEPT_MS = 120_000;
const EVERY_MS = 2_000;
const PLACES = 40;

interface Trail {
  places: [number, number][];
  times: number[];
}

export class Trails {
  private trails = new Map<string, Trail>();

  /** Take in the tracks of a picture. */
  observe(picture: Picture): void {
    for (const track of picture.tracks.values()) {
      let trail = this.trails.get(track.track_id);
      if (!trail) this.trails.set(track.track_id, (trail = { places: [], times: [] }));
      const last = trail.times.at(-1) ?? -Infinity;
      if (track.t_utc_ms < last) trail.places.length = trail.times.length = 0;
      if (track.t_utc_ms - last < EVERY_MS && trail.times.length) continue;
      trail.places.push([track.lon, track.lat]);
      trail.times.push(track.t_utc_ms);
      while (trail.times.length > PLACES || (trail.times[0] ?? Infinity) < track.t_utc_ms - KEPT_MS) {
        trail.places.shift();
        trail.times.shift();
      }
    }
    if (this.trails.size > 2 * picture.tracks.size + 50)
      for (const id of this.trails.keys()) if (!picture.tracks.has(id)) this.trails.delete(id);
  }

  of(track_id: string): readonly [number, number][] {
    return this.trails.get(track_id)?.places ?? [];
  }

  forget(): void {
    this.trails.clear();
  }
}
