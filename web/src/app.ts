/** The console's state: the picture, what is looked at, and the line that feeds them.  All changes go through here. */
import { computed, effect, signal } from "@preact/signals";
import { Address } from "./address";
import { alarms, type Alarm } from "./alarms";
import { SILENCE_MS, StationClock } from "./clock";
import { EMPTY, reduce, type Picture } from "./picture";
import { moved, movers, protection, watchers, type Coverage, type Places } from "./protection";
import type { Blind, Message, Site } from "./protocol";
import { openStream } from "./stream";
import { Trails } from "./trails";
import { FIRST, readView, writeView, type Selection, type View } from "./view";
import { PACKS, Words } from "./words";

const BASE = new URL(".", document.baseURI).href;

export const site = signal<Site | null>(null);
export const coverage = signal<Coverage>({ type: "FeatureCollection", features: [] });
export const blind = signal<Blind | null>(null);
/** The picture as last heard from the station, and the one that is shown (the same unless the record is played). */
export const livePicture = signal<Picture>(EMPTY);
export const recordPicture = signal<Picture | null>(null);
export const view = signal<View>(startingView());
/** The moment of the picture shown, renewed a few times a second. */
export const now_utc_ms = signal(0);
/** Milliseconds since the station was heard, in steps of a second; null while it is heard. */
export const silent_ms = signal<number | null>(null);
/** A short word to the person: "copied", "not saved". */
export const said = signal<{ text: string; urgent: boolean } | null>(null);

/** Least time between two questions of what moving sensors see [ms]. */
const COVERAGE_EVERY_MS = 15_000;
/** Where the moving sensors were when that was last asked. */
let coveredFrom: Places = new Map();

export const trails = new Trails();
const clock = new StationClock();

export const picture = computed(() => (view.value.at_utc_ms === null ? livePicture.value : (recordPicture.value ?? EMPTY)));
export const words = computed(() => new Words(view.value.lang, view.value.digits));
export const alarmList = computed<Alarm[]>(() => alarms(picture.value));
export const zoneById = computed(() => new Map((site.value?.zones ?? []).map((zone) => [zone.zone_id, zone])));
const sensorStates = computed(() => picture.value.sensors);
const watching = computed(() => watchers(site.value?.zones ?? [], coverage.value));
const zoneStates = computed(() => picture.value.zones);
export const protections = computed(() => protection(watching.value, sensorStates.value, zoneStates.value));

function startingView(): View {
  const kept = localStorage.getItem("marsad-view");
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find((code) => PACKS.has(code)) ?? "en";
  const light = window.matchMedia("(prefers-color-scheme: light)").matches;
  const base: View = { ...FIRST, lang: preferred, theme: light ? "light" : "dark" };
  const remembered = kept ? readView(kept, base) : base;
  const start: View = {
    ...base, lang: remembered.lang, digits: remembered.digits, theme: remembered.theme, symbols: remembered.symbols,
    zone: remembered.zone,
  };
  const given = readView(location.hash, start);
  return PACKS.has(given.lang) ? given : { ...given, lang: preferred };
}

/** Change what is looked at. */
export function look(change: Partial<View>): void {
  view.value = { ...view.peek(), ...change };
}

export function select(selected: Selection | null): void {
  look({ selected });
}

export function say(text: string, urgent = false): void {
  said.value = { text, urgent };
  const mine = said.value;
  window.setTimeout(() => {
    if (said.peek() === mine) said.value = null;
  }, urgent ? 8_000 : 4_000);
}

/** Ask the station for JSON. */
export async function ask(path: string): Promise<unknown> {
  const answer = await fetch(new URL(path, BASE), { headers: headers() });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.json();
}

/** What the station answered to what it was told: its words, or what went wrong. */
export interface Answer {
  wrong: string | null;
  status: number;
  body: unknown;
}

/** The person's token, if the station has accounts; kept for this window only. */
export function token(): string | null {
  return sessionStorage.getItem("marsad-token");
}

function headers(): Record<string, string> {
  const mine = token();
  return { accept: "application/json", "content-type": "application/json", ...(mine ? { authorization: `Bearer ${mine}` } : {}) };
}

/** Tell the station something. */
export async function send(path: string, body: unknown): Promise<Answer> {
  try {
    const answer = await fetch(new URL(path, BASE), { method: "POST", headers: headers(), body: JSON.stringify(body) });
    const said = (await answer.json().catch(() => null)) as { detail?: unknown } | null;
    const wrong = answer.ok ? null : typeof said?.detail === "string" ? said.detail : `${answer.status} ${answer.statusText}`;
    return { wrong: inWords(wrong), status: answer.status, body: said };
  } catch (error) {
    return { wrong: inWords(error instanceof Error ? error.message : String(error)), status: 0, body: null };
  }
}

/** What went wrong, in the console's language where its packs know it. */
function inWords(wrong: string | null): string | null {
  return wrong && (words.peek().reason(wrong) ?? wrong);
}

export async function terrain(): Promise<{ heights: Int16Array; offset_m: number } | null> {
  const answer = await fetch(new URL("api/terrain", BASE));
  if (!answer.ok) return null;
  const bytes = await answer.arrayBuffer();
  return { heights: new Int16Array(bytes), offset_m: Number(answer.headers.get("X-Offset-M") ?? 0) };
}

let waiting: Message[] = [];
let scheduled = false;

/**
 * Messages that come together are reduced together, once a frame: the map and the tables then change once.
 * What changes a zone or warns people waits for no frame: where drawing is slow a frame is long in coming.
 */
function hear(message: Message): void {
  waiting.push(message);
  if (message.type === "delta" && (message.zones?.length || message.warnings?.length)) return takeIn();
  if (scheduled) return;
  scheduled = true;
  // a hidden page gets no frames, and must still hear the alarm
  if (document.hidden) window.setTimeout(takeInLater, 100);
  else requestAnimationFrame(takeInLater);
}

function takeInLater(): void {
  scheduled = false;
  takeIn();
}

function takeIn(): void {
  if (!waiting.length) return;
  const messages = waiting;
  waiting = [];
  let next = livePicture.peek();
  for (const message of messages) next = reduce(next, message);
  clock.hear(next.now_utc_ms, next.speed, performance.now());
  if (view.peek().at_utc_ms === null) trails.observe(next);
  livePicture.value = next;
  tick();
}

/** The station's time now, live; the moment shown when the record is open. */
export function moment(): number {
  const at = view.peek().at_utc_ms;
  return at ?? clock.now(performance.now());
}

export function stationNow(): number {
  return clock.now(performance.now());
}

function tick(): void {
  now_utc_ms.value = moment();
  const silence = clock.silence(performance.now());
  silent_ms.value = silence > SILENCE_MS ? Math.floor(silence / 1000) * 1000 : null;
}

const address = new Address({
  standing: () => location.hash,
  replace: (fragment) => history.replaceState(null, "", fragment),
});

function keepAddress(): void {
  const fragment = writeView(view.value);
  if (!address.write(fragment)) return;
  localStorage.setItem("marsad-view", fragment);
}

function dress(): void {
  const root = document.documentElement;
  root.lang = words.value.pack.code;
  root.dir = words.value.pack.dir;
  root.dataset["theme"] = view.value.theme;
  root.dataset["mode"] = view.value.mode;
  root.dataset["picture"] = site.value && picture.value.whole ? "whole" : "none";
  const name = site.value && (words.value.pack.code === "ar" ? site.value.name_ar || site.value.name : site.value.name);
  document.title = [name, words.value.say("app")].filter(Boolean).join(" · ");
}

async function persist<T>(path: string, put: (value: T) => void): Promise<void> {
  for (let wait = 250; ; wait = Math.min(4_000, wait * 2)) {
    try {
      return put((await ask(path)) as T);
    } catch {
      await new Promise((done) => window.setTimeout(done, wait));
    }
  }
}

/** Ask anew what the sensors see once one of them has moved: drones fly their orbits, and see other ground from there. */
async function followMovers(): Promise<void> {
  const places = movers(livePicture.peek().sensors.values());
  if (document.hidden || !moved(coveredFrom, places)) return;
  const before = coveredFrom;
  coveredFrom = places;
  try {
    coverage.value = (await ask("api/coverage")) as Coverage;
  } catch {
    coveredFrom = before; // not heard: it is asked again
  }
}

/** Begin: ask for the site, open the stream, keep time. */
export function start(): void {
  effect(dress);
  effect(keepAddress);
  window.addEventListener("hashchange", () => {
    view.value = readView(address.read(), { ...FIRST, lang: view.peek().lang, theme: view.peek().theme });
  });
  void persist<Site>("api/site", (answer) => (site.value = answer));
  void persist<Coverage>("api/coverage", (answer) => (coverage.value = answer));
  window.setInterval(() => void followMovers(), COVERAGE_EVERY_MS);
  void persist<Blind>("api/blind", (answer) => (blind.value = answer));
  openStream(BASE, () => livePicture.peek(), hear);
  window.setInterval(tick, 250);
}
