/** What is practised: the test of a channel, a drill.  The station decides who may, and the drill is a process of its own. */
import { computed, signal } from "@preact/signals";
import * as app from "./app";
import { give, operator, told } from "./hands";
import { goesOn, shownDrill } from "./drill";

/** The channel that had an alarm in hand when its test was asked for, and was therefore not tested. */
export const busy = signal<string | null>(null);
/** Channels whose test has been asked for and not answered. */
export const testing = signal<ReadonlySet<string>>(new Set());

export const drill = computed(() => shownDrill(app.picture.value.drills, app.now_utc_ms.value));
/** Whether one goes on now, whatever moment is shown. */
export const drilling = computed(() => [...app.livePicture.value.drills.values()].some(goesOn));

const by = (): { operator: string } => ({ operator: operator() || "console" });

function mark(channel_id: string, on: boolean): void {
  const now = new Set(testing.peek());
  if (on) now.add(channel_id);
  else now.delete(channel_id);
  testing.value = now;
}

export async function testChannel(channel_id: string): Promise<void> {
  mark(channel_id, true);
  const { wrong, body } = await told(`api/channels/${encodeURIComponent(channel_id)}/test`, by());
  mark(channel_id, false);
  const answer = body as { delivered?: boolean; tested?: boolean } | null;
  busy.value = wrong === null && answer?.tested === false ? channel_id : null;
}

export interface DrillWish {
  zone_ids: readonly string[];
  minutes: number;
  hazard: "rocket" | "drone";
  prepare_s: number;
  remain_s: number;
}

/** Begin a drill; gives whether the station began it. */
export async function beginDrill(wish: DrillWish): Promise<boolean> {
  return give("api/drill", { ...wish, ...by() });
}

export async function stopDrill(): Promise<void> {
  await give("api/drill/stop", by());
}
