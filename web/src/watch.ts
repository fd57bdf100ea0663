/** Whether anybody watches a zone, and what may be said of one that nobody does: never that it is clear. */
import type { Hazard, Level, ZoneState } from "./protocol";

/** "part": not for every danger that could be watched for; "unknown": the record does not say. */
export type Watching = "watched" | "part" | "nobody" | "unknown";

/** What a zone shows: its level, or that it has none because nobody watches. */
export type Shown = Level | "unwatched";

/** The note of a level whose time is over while nobody watches: people end it. */
const NOBODY = "nobody_watches";

export function watchingOf(state: ZoneState | undefined): Watching {
  if (!state?.watched) return "unknown";
  if (!state.watched.length) return "nobody";
  return lostOf(state).length ? "part" : "watched";
}

/** Dangers that could be watched for in a zone and are not. */
export function lostOf(state: ZoneState | undefined): Hazard[] {
  return (state?.watchable ?? []).filter((hazard) => !state?.watched?.includes(hazard));
}

/** Dangers that nobody watches for in a zone that is watched for others, whether or not somebody could. */
export function unseenOf(state: ZoneState | undefined): Hazard[] {
  if (!state?.watched?.length) return [];
  return (["rocket", "drone"] as const).filter((hazard) => !state.watched?.includes(hazard));
}

/** What a zone shows.  "Clear" is a word about the sky: where nobody looks at it, it is not said. */
export function shownOf(state: ZoneState | undefined): Shown {
  const level = state?.level ?? "clear";
  return level === "clear" && watchingOf(state) === "nobody" ? "unwatched" : level;
}

/** Whether a level stands only because nobody watches: its time is over, and a person is to decide. */
export function isHeld(state: { note?: string | null } | undefined): boolean {
  return state?.note === NOBODY;
}
