/** The keyboard: everything can be done without a mouse.  Keys are by their meaning, letters work on an Arabic keyboard too. */
import * as app from "./app";
import { acknowledge, copyPlace, download } from "./hands";
import type { SiteMap } from "./map/map";
import { open } from "./panels/dialogs";
import { nextLanguage } from "./panels/Header";
import { focusFilter, step } from "./panels/Tables";
import { hop, play, seek } from "./player";
import { placesOf } from "./places/export";
import { mute, muted_until_ms, unmute } from "./sound";
import { TABS, THEMES } from "./view";
import type { Key } from "./words/pack";

interface Binding {
  /** The physical keys (KeyboardEvent.code) or characters that do it. */
  codes?: readonly string[];
  signs?: readonly string[];
  shown: string;
  word: Key;
  run: (map: SiteMap | null, event: KeyboardEvent) => void;
}

export const KEYS: readonly Binding[] = [
  { codes: ["Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6"], shown: "1–6", word: "key.1-6",
    run: (_, event) => app.look({ tab: TABS[Number(event.code.slice(-1)) - 1] ?? "tracks" }) },
  { codes: ["ArrowDown", "ArrowUp"], shown: "↑ ↓", word: "key.arrows", run: (_, event) => step(event.code === "ArrowDown" ? 1 : -1) },
  { codes: ["Enter"], shown: "⏎", word: "key.enter", run: center },
  { codes: ["Escape"], shown: "Esc", word: "key.esc", run: () => app.select(null) },
  { codes: ["KeyA"], shown: "A", word: "key.a", run: acknowledgeFirst },
  { codes: ["KeyY"], shown: "Y", word: "key.y", run: why },
  { codes: ["KeyN"], shown: "N", word: "key.n", run: note },
  { codes: ["KeyH"], shown: "H", word: "key.h", run: () => (open.value = { what: "handover" }) },
  { codes: ["KeyO"], shown: "O", word: "key.o", run: () => (open.value = { what: "people" }) },
  { codes: ["KeyD"], shown: "D", word: "key.d", run: () => (open.value = { what: "practice" }) },
  { codes: ["KeyC"], shown: "C", word: "key.c", run: () => void copyPlace(app.view.peek().selected) },
  { codes: ["KeyE"], shown: "E", word: "key.e", run: () => download("geojson", app.view.peek().selected) },
  { codes: ["KeyM"], shown: "M", word: "key.m", run: () => (muted_until_ms.peek() === null ? mute() : unmute()) },
  { codes: ["Space"], shown: "␣", word: "key.space", run: () => play(!app.view.peek().playing) },
  { codes: ["BracketLeft", "BracketRight"], shown: "[ ]", word: "key.brackets", run: (_, event) => hop(event.code === "BracketLeft" ? -1 : 1) },
  { codes: ["KeyL"], shown: "L", word: "key.l", run: () => seek(null) },
  { codes: ["KeyF"], shown: "F", word: "key.f", run: (map) => map?.fit() },
  { signs: ["+", "=", "-"], shown: "+ −", word: "key.plus", run: (map, event) => map?.zoom(event.key === "-" ? -1 : 1) },
  { codes: ["KeyV"], shown: "V", word: "key.v", run: coverage },
  { codes: ["KeyT"], shown: "T", word: "key.t", run: () => app.look({ theme: THEMES[(THEMES.indexOf(app.view.peek().theme) + 1) % THEMES.length] ?? "dark" }) },
  { codes: ["KeyG"], shown: "G", word: "key.g", run: nextLanguage },
  { codes: ["KeyW"], shown: "W", word: "key.w", run: () => app.look({ mode: app.view.peek().mode === "wall" ? "console" : "wall" }) },
  { signs: ["?", "؟"], shown: "?", word: "key.question", run: () => (open.value = { what: "help" }) },
  { codes: ["Slash"], shown: "/", word: "key.slash", run: focusFilter },
];

function center(map: SiteMap | null): void {
  const place = placesOf(app.picture.peek(), app.site.peek(), app.view.peek().selected)[0];
  if (place && app.view.peek().selected) map?.center(place.lat, place.lon);
}

function acknowledgeFirst(): void {
  const first = app.alarmList.peek().find((alarm) => !alarm.acknowledged_by && alarm.warning_ids.length);
  if (first) void acknowledge(first.warning_ids);
}

/** Why the first alarm was given; why a selected zone was not alarmed. */
function why(): void {
  const { selected } = app.view.peek();
  const level = selected?.kind === "zone" ? (app.picture.peek().zones.get(selected.id)?.level ?? "clear") : null;
  if (selected && level !== null && level !== "take_shelter" && level !== "remain") {
    open.value = { what: "why_not", zone_id: selected.id };
    return;
  }
  const warning_id = app.alarmList.peek()[0]?.warning_ids[0];
  if (warning_id) open.value = { what: "why", warning_id };
}

function note(): void {
  const target = app.view.peek().selected?.id ?? app.alarmList.peek()[0]?.warning_ids[0];
  if (target) open.value = { what: "note", target };
}

function coverage(): void {
  const { layers } = app.view.peek();
  app.look({ layers: layers.includes("coverage") ? layers.filter((layer) => layer !== "coverage") : [...layers, "coverage"] });
}

/** Begin to listen. */
export function start(map: () => SiteMap | null): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || open.peek() || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, select")) {
      if (event.code === "Escape") target.blur();
      return;
    }
    // Space and Enter belong to the button that has the focus
    if (target.closest("button, a, [role=tab]") && ["Space", "Enter"].includes(event.code)) return;
    const found = KEYS.find((key) => key.signs?.includes(event.key)) ?? KEYS.find((key) => key.codes?.includes(event.code));
    if (!found) return;
    event.preventDefault();
    found.run(map(), event);
  });
}
