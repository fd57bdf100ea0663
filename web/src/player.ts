/** The record's player: it moves the moment shown, and puts the picture of that moment in place of the live one. */
import { computed, effect, signal } from "@preact/signals";
import * as app from "./app";
import { Recording } from "./record";
import type { Density } from "./protocol";

const record = new Recording(app.ask, app.stationNow);
const TRAIL_MS = 90_000;
const BINS = 240;
/** A jump in the moment shown further than this is no playing, and the trails are made anew. */
const JUMP_MS = 5_000;

/** How much of the past the line of time spans. */
export const SPANS_MIN = [15, 60, 360, 1440] as const;
export const span_min = signal<number>(60);
export const density = signal<Density | null>(null);
export const trouble = signal<string | null>(null);
export const busy = signal(false);

let wanted: number | null = null;
let shown: number | null = null;
let working = false;
let lastFrame = 0;

/** Show a moment of the past; null is live. */
export function seek(utc_ms: number | null): void {
  if (utc_ms === null || utc_ms >= app.stationNow()) {
    app.look({ at_utc_ms: null, playing: false });
    return;
  }
  app.look({ at_utc_ms: utc_ms });
}

export function play(playing: boolean): void {
  const at = app.view.peek().at_utc_ms;
  if (at === null) {
    // playing from live goes back to where the record begins, or a minute
    const first = density.peek()?.from_utc_ms ?? 0;
    app.look({ at_utc_ms: Math.max(first, app.stationNow() - 60_000), playing });
  } else app.look({ playing });
}

/** Go to the previous (-1) or next (1) moment with an alarm. */
export function hop(direction: -1 | 1): void {
  const drawn = density.peek();
  if (!drawn) return;
  const width = (drawn.to_utc_ms - drawn.from_utc_ms) / Math.max(1, drawn.warnings.length);
  const from = app.view.peek().at_utc_ms ?? app.stationNow();
  const starts = drawn.warnings.map((count, k) => (count > 0 ? drawn.from_utc_ms + k * width : NaN)).filter(Number.isFinite);
  const next = direction > 0
    ? starts.find((start) => start > from + 1_000) : starts.findLast((start) => start < from - Math.max(1_000, width));
  if (next !== undefined) seek(next);
  else if (direction > 0) seek(null);
}

async function follow(): Promise<void> {
  if (working) return;
  working = true;
  try {
    while (wanted !== null && wanted !== shown) {
      const moment = wanted;
      busy.value = app.recordPicture.peek() === null;
      if (shown === null || Math.abs(moment - shown) > JUMP_MS) {
        const past = await record.between(moment - TRAIL_MS, moment);
        app.trails.forget();
        for (const picture of past) app.trails.observe(picture);
      }
      const picture = await record.at(moment);
      if (wanted !== null) {
        app.recordPicture.value = picture;
        app.trails.observe(picture);
      }
      shown = moment;
      trouble.value = null;
    }
  } catch (error) {
    shown = wanted;
    trouble.value = error instanceof Error ? error.message : String(error);
  } finally {
    busy.value = false;
    working = false;
  }
}

function frame(page_ms: number): void {
  const view = app.view.peek();
  const passed = page_ms - lastFrame;
  lastFrame = page_ms;
  if (view.at_utc_ms === null || !view.playing) return;
  // after a pause of the page (hidden tab) the record goes on from where it was
  seek(view.at_utc_ms + Math.min(passed, 500) * view.rate);
  requestAnimationFrame(frame);
}

async function draw(): Promise<void> {
  const now = app.stationNow();
  if (!now) return;
  const span = span_min.value * 60_000;
  const at = app.view.peek().at_utc_ms;
  // a moment before the span that ends now is shown in the middle of its own
  const to = at === null || at > now - span ? now : Math.min(now, at + span / 2);
  try {
    const whole = await record.density(to - span, to, BINS);
    const filled = trimmed(whole);
    density.value = filled === whole ? whole : await record.density(filled.from_utc_ms, to, BINS);
  } catch {
    // an older station has no density: the slider then has nothing drawn behind it
  }
}

/** Leave out the time before anything was recorded, so that a young record fills the line. */
export function trimmed(drawn: Density): Density {
  const bins = drawn.detections.length;
  const first = drawn.detections.findIndex((count, k) => count > 0 || (drawn.warnings[k] ?? 0) > 0);
  if (first <= 0) return drawn;
  const from = Math.min(first, bins - Math.ceil(bins / 60));
  const width = (drawn.to_utc_ms - drawn.from_utc_ms) / bins;
  return {
    from_utc_ms: drawn.from_utc_ms + from * width, to_utc_ms: drawn.to_utc_ms,
    detections: drawn.detections.slice(from), warnings: drawn.warnings.slice(from),
  };
}

const heard = computed(() => app.livePicture.value.whole);

/** Begin to follow the view. */
export function start(): void {
  let playing = false;
  effect(() => {
    const { at_utc_ms, playing: plays } = app.view.value;
    if (at_utc_ms === null) {
      if (wanted !== null) app.trails.forget();
      wanted = shown = null;
      app.recordPicture.value = null;
    } else {
      wanted = at_utc_ms;
      app.now_utc_ms.value = at_utc_ms;
      void follow();
    }
    const runs = plays && at_utc_ms !== null;
    if (runs && !playing) {
      lastFrame = performance.now();
      requestAnimationFrame(frame);
    }
    playing = runs;
  });
  effect(() => {
    void [span_min.value, heard.value];
    void draw();
  });
  window.setInterval(() => void draw(), 10_000);
}
