/** The site being set up: kept in this browser until it is saved as a site file; its coverage is asked of the station. */
import { computed, effect, signal } from "@preact/signals";
import * as app from "./app";
import { clicked, closed, type Draft, type DraftSensor, type DraftZone, type Tool } from "./draft";
import type { Coverage } from "./protection";

export const draft = signal<Draft>(kept());
export const tool = signal<Tool>(null);
export const draftCoverage = signal<Coverage>({ type: "FeatureCollection", features: [] });
/** What is wrong with the draft: what saving it was refused for, until it is changed; else why no coverage is shown. */
export const trouble = computed(() => refused.value ?? uncovered.value);
const refused = signal<string | null>(null);
const uncovered = signal<string | null>(null);

function kept(): Draft {
  try {
    const found = JSON.parse(localStorage.getItem("marsad-draft") ?? "null") as Draft | null;
    return found && Array.isArray(found.zones) && Array.isArray(found.sensors) ? found : { zones: [], sensors: [] };
  } catch {
    return { zones: [], sensors: [] };
  }
}

function put(after: { draft: Draft; tool: Tool }): void {
  draft.value = after.draft;
  tool.value = after.tool;
}

export function clickMap(lat: number, lon: number): void {
  put(clicked(draft.peek(), tool.peek(), lat, lon));
}

export function closePolygon(): void {
  put(closed(draft.peek(), tool.peek()));
}

export function changeZone(id: string, change: Partial<DraftZone> | null): void {
  const zones = draft.peek().zones.flatMap((zone) => (zone.id !== id ? [zone] : change ? [{ ...zone, ...change }] : []));
  draft.value = { ...draft.peek(), zones };
}

export function changeSensor(id: string, change: Partial<DraftSensor> | null): void {
  const sensors = draft.peek().sensors.flatMap((sensor) => {
    if (sensor.id !== id) return [sensor];
    if (!change) return [];
    const { height_m, ...rest } = sensor;
    // a height above ground replaces one above the ellipsoid
    return [{ ...(change.height_above_ground_m === undefined && height_m !== undefined ? { ...rest, height_m } : rest), ...change }];
  });
  draft.value = { ...draft.peek(), sensors };
}

/** Ask the station for the site file of the draft and give it as a download. */
export async function save(): Promise<void> {
  const { wrong, body } = await app.send("api/setup/site", draft.peek());
  refused.value = wrong;
  if (wrong) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([(body as { toml: string }).toml], { type: "application/toml" }));
  link.download = "site.toml";
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

let asked = 0;

async function cover(now: Draft): Promise<void> {
  const mine = ++asked;
  const { wrong, body } = await app.send("api/setup/coverage", { sensors: now.sensors });
  if (mine !== asked) return;
  uncovered.value = wrong;
  if (!wrong) draftCoverage.value = body as Coverage;
}

/** Begin to keep the draft and its coverage. */
export function start(): void {
  let timer = 0;
  effect(() => {
    const now = draft.value;
    const open = app.view.value.mode === "setup";
    refused.value = null;
    localStorage.setItem("marsad-draft", JSON.stringify(now));
    window.clearTimeout(timer);
    if (open) timer = window.setTimeout(() => void cover(now), 300);
  });
}
