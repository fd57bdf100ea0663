/** What a person does to the station or takes from the console: acknowledge, note, copy, export. */
import * as app from "./app";
import { open } from "./panels/dialogs";
import { whoAmI } from "./people";
import { exportAs, placesOf, type Format } from "./places/export";
import { latLonText, mgrs, utmText } from "./places/grid";
import type { Selection } from "./view";

let lastCopy = { place: "", form: 0 };

/** The name that goes with acknowledgements and notes; asked once, kept in this browser. */
export function operator(): string {
  return localStorage.getItem("marsad-operator") ?? "";
}

export function setOperator(name: string): void {
  localStorage.setItem("marsad-operator", name.trim());
}

/** Give the station a person's word; what went wrong is said, and a station that knows nobody yet asks who it is. */
export async function give(path: string, body: unknown): Promise<boolean> {
  return (await told(path, body)).wrong === null;
}

/** The same, with what the station answered. */
export async function told(path: string, body: unknown): Promise<app.Answer> {
  const answer = await app.send(path, body);
  const { wrong, status } = answer;
  const words = app.words.peek();
  if (wrong) app.say(words.say("not_saved", { why: wrong }), true);
  if (status === 401 || status === 403) {
    await whoAmI();
    open.value = { what: "people" };
  }
  return answer;
}

/** Acknowledge every warning of an alarm. */
export async function acknowledge(warning_ids: readonly string[]): Promise<void> {
  for (const warning_id of warning_ids)
    if (!(await give("api/acknowledge", { warning_id, operator: operator() || "console" }))) return;
  app.say(app.words.peek().say("saved"));
}

export async function annotate(target_id: string, text: string): Promise<boolean> {
  const kept = await give("api/annotate", { target_id, operator: operator() || "console", text });
  if (kept) app.say(app.words.peek().say("saved"));
  return kept;
}

/** Copy the place of the selection: MGRS first, UTM and latitude and longitude when asked again. */
export async function copyPlace(selected: Selection | null): Promise<void> {
  const place = placesOf(app.picture.peek(), app.site.peek(), selected)[0];
  if (!place) return;
  const forms = [mgrs(place.lat, place.lon), utmText(place.lat, place.lon), latLonText(place.lat, place.lon)].filter((t) => t !== null);
  const key = `${selected?.kind}:${selected?.id}`;
  lastCopy = { place: key, form: lastCopy.place === key ? (lastCopy.form + 1) % forms.length : 0 };
  await copyText(forms[lastCopy.form] ?? "");
}

export async function copyText(text: string): Promise<void> {
  const words = app.words.peek();
  try {
    await navigator.clipboard.writeText(text);
    app.say(words.say("copied", { text }));
  } catch {
    app.say(words.say("copy_failed", { text }), true);
  }
}

/** Give the selection's places (or all launches and impacts if nothing is selected) as a file. */
export function download(format: Format, selected: Selection | null): void {
  const picture = app.picture.peek();
  const places = placesOf(picture, app.site.peek(), selected);
  const file = exportAs(format, places, app.moment());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.text], { type: file.type }));
  link.download = file.name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
