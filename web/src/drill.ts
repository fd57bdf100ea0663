/** Which drill is shown: pure. */
import type { Drill } from "./protocol";

const GOES_ON: readonly Drill["phase"][] = ["starting", "running", "stopping"];
/** How long the end of a drill is still shown [ms]. */
const END_SHOWN_MS = 60_000;

export const goesOn = (drill: Drill): boolean => GOES_ON.includes(drill.phase);

/** The drill that goes on, or how the last one ended a moment ago. */
export function shownDrill(drills: ReadonlyMap<string, Drill>, now_utc_ms: number): Drill | null {
  const last = [...drills.values()].reduce<Drill | null>((a, b) => (a && a.began_utc_ms > b.began_utc_ms ? a : b), null);
  return last && (goesOn(last) || now_utc_ms - last.ends_utc_ms < END_SHOWN_MS) ? last : null;
}
