/** Sounds of alarms: one for each hazard, an audible all-clear, and a mute that ends by itself. */
import { computed, effect, signal } from "@preact/signals";
import type { Alarm } from "./alarms";
import * as app from "./app";
import { cue, score, troubles, type Sound } from "./cues";

export const MUTE_MIN = 5;
/** An alarm that is not acknowledged sounds again after this long. */
const AGAIN_MS = 8_000;
/** New trouble with channels and sensors sounds no oftener than this: a bad line comes and goes. */
const TROUBLE_AGAIN_MS = 30_000;

/** Page time at which the mute ends, or null. */
export const muted_until_ms = signal<number | null>(null);
export const audible = signal(false);

let context: AudioContext | null = null;

export function play(sound: Sound): void {
  if (!context || context.state !== "running" || isMuted()) return;
  const start = context.currentTime + 0.02;
  for (const tone of score(sound)) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = tone.wave;
    oscillator.frequency.setValueAtTime(tone.from_hz, start + tone.at);
    oscillator.frequency.linearRampToValueAtTime(tone.to_hz, start + tone.at + tone.lasts);
    gain.gain.setValueAtTime(0, start + tone.at);
    gain.gain.linearRampToValueAtTime(0.25, start + tone.at + 0.03);
    gain.gain.setValueAtTime(0.25, start + tone.at + tone.lasts - 0.05);
    gain.gain.linearRampToValueAtTime(0, start + tone.at + tone.lasts);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start + tone.at);
    oscillator.stop(start + tone.at + tone.lasts + 0.02);
  }
  // for the person who asks "did it sound?", and for the tests
  const { dataset } = document.documentElement;
  dataset["sounded"] = [...(dataset["sounded"]?.split(" ") ?? []).slice(-19), sound].join(" ");
}

function isMuted(): boolean {
  const until = muted_until_ms.peek();
  if (until !== null && performance.now() >= until) muted_until_ms.value = null;
  return muted_until_ms.peek() !== null;
}

export function mute(minutes = MUTE_MIN): void {
  muted_until_ms.value = performance.now() + minutes * 60_000;
}

export function unmute(): void {
  muted_until_ms.value = null;
}

/** A browser sounds nothing before a person touched the page; from the first touch on it may. */
function awaken(): void {
  context ??= new AudioContext();
  void context.resume().then(() => (audible.value = context?.state === "running"));
}

/** Begin to listen for alarms of the live picture. */
export function start(): void {
  for (const touch of ["pointerdown", "keydown"]) window.addEventListener(touch, awaken, { passive: true });
  let before: readonly Alarm[] = [];
  let last_ms = 0;
  let last: Sound | null = null;
  effect(() => {
    const after = app.alarmList.value;
    if (app.view.peek().at_utc_ms !== null) {
      before = after;
      return;
    }
    const due = cue(before, after);
    before = after;
    if (!due) return;
    // one that only grows or wavers is not sounded again before its time
    if (!due.fresh && due.sound === last && performance.now() - last_ms < AGAIN_MS) return;
    // a new danger is heard through a mute that was meant for an older one
    if (due.fresh && due.sound !== "prepare") unmute();
    last_ms = performance.now();
    last = due.sound;
    play(due.sound);
  });
  effect(() => {
    void app.now_utc_ms.value;
    if (muted_until_ms.peek() !== null) isMuted();
    const urgent = app.alarmList.peek().find((alarm) => alarm.level === "take_shelter" && !alarm.acknowledged_by);
    if (urgent && app.view.peek().at_utc_ms === null && performance.now() - last_ms > AGAIN_MS) {
      last_ms = performance.now();
      play(urgent.hazard === "drone" ? "drone" : "rocket");
    }
  });
  listenForTrouble();
  let silent = false;
  effect(() => {
    const now_silent = app.silent_ms.value !== null;
    if (now_silent && !silent && app.livePicture.peek().whole) play("no_picture");
    silent = now_silent;
  });
}

/** A channel that dies, a sensor, a part of the station, or protection that is lost, is heard, once; not into an alarm, which shows it. */
function listenForTrouble(): void {
  let known: ReadonlySet<string> = new Set();
  let last_ms = -Infinity;
  const channels = computed(() => app.livePicture.value.channels);
  const sensors = computed(() => app.livePicture.value.sensors);
  const faults = computed(() => app.livePicture.value.faults);
  const losses = computed(() => app.livePicture.value.losses);
  effect(() => {
    const now = troubles({ channels: channels.value, sensors: sensors.value, faults: faults.value, losses: losses.value });
    const fresh = [...now].some((trouble) => !known.has(trouble));
    known = now;
    const alarmed = app.alarmList.peek().some((alarm) => alarm.level === "take_shelter");
    if (!fresh || alarmed || performance.now() - last_ms < TROUBLE_AGAIN_MS) return;
    last_ms = performance.now();
    play("trouble");
  });
}
