/** What is looked at, as an address: every view is a URL, so that it can be sent, kept and shown on a wall. */

export type Theme = "dark" | "light" | "night";
export type Tab = "tracks" | "launches" | "sensors" | "zones" | "alarms" | "rejects";
export type Kind = "track" | "launch" | "sensor" | "zone" | "alarm";
export type LayerName = "coverage" | "blind" | "fov" | "trails" | "labels" | "relief" | "corridors" | "ellipses";

export const TABS: readonly Tab[] = ["tracks", "launches", "sensors", "zones", "alarms", "rejects"];
export const THEMES: readonly Theme[] = ["dark", "light", "night"];
export const LAYERS: readonly LayerName[] = ["coverage", "blind", "fov", "trails", "labels", "relief", "corridors", "ellipses"];
const LAYERS_ON: readonly LayerName[] = ["blind", "fov", "trails", "labels", "relief", "corridors", "ellipses"];

export interface Selection {
  kind: Kind;
  id: string;
}

export interface View {
  mode: "console" | "wall" | "guard" | "setup";
  lang: string;
  /** null: as the language does. */
  digits: "latn" | "arab" | null;
  theme: Theme;
  symbols: "civil" | "military";
  tab: Tab;
  selected: Selection | null;
  /** The moment shown, or null for live. */
  at_utc_ms: number | null;
  rate: number;
  playing: boolean;
  /** Middle of the map and zoom; null: the whole site. */
  map: { lat: number; lon: number; zoom: number } | null;
  layers: readonly LayerName[];
  /** The guard's own zone. */
  zone: string | null;
}

export const FIRST: View = {
  mode: "console", lang: "en", digits: null, theme: "dark", symbols: "civil", tab: "tracks", selected: null, at_utc_ms: null,
  rate: 1, playing: false, map: null, layers: LAYERS_ON, zone: null,
};

const KINDS: readonly Kind[] = ["track", "launch", "sensor", "zone", "alarm"];
export const RATES = [0.5, 1, 2, 4, 8, 20] as const;

function oneOf<T extends string>(value: string | null, of: readonly T[], otherwise: T): T {
  return of.find((item) => item === value) ?? otherwise;
}

/** Read an address's fragment; what it does not say, or says wrongly, is taken from `base`. */
export function readView(fragment: string, base: View): View {
  const q = new URLSearchParams(fragment.replace(/^#/, ""));
  const [kind = "", ...rest] = (q.get("sel") ?? "").split(":");
  const known = KINDS.find((item) => item === kind);
  const numbers = (q.get("map") ?? "").split(",").map(Number);
  const [lat, lon, zoom] = numbers;
  const at = q.get("at");
  const instant = at === null ? NaN : /^\d+$/.test(at) ? Number(at) : Date.parse(at);
  const layers = q.get("layers");
  const rate = Number(q.get("rate"));
  return {
    mode: oneOf(q.get("mode"), ["console", "wall", "guard", "setup"], base.mode),
    lang: q.get("lang") ?? base.lang,
    digits: q.has("digits") ? oneOf<"latn" | "arab">(q.get("digits"), ["latn", "arab"], "latn") : base.digits,
    theme: oneOf(q.get("theme"), THEMES, base.theme),
    symbols: oneOf(q.get("symbols"), ["civil", "military"], base.symbols),
    tab: oneOf(q.get("tab"), TABS, base.tab),
    selected: known && rest.length ? { kind: known, id: rest.join(":") } : null,
    at_utc_ms: Number.isFinite(instant) ? instant : null,
    rate: rate >= 0.5 && rate <= 20 ? rate : base.rate,
    playing: q.get("play") === "1",
    map:
      lat !== undefined && lon !== undefined && zoom !== undefined && numbers.every(Number.isFinite) && Math.abs(lat) <= 90
        ? { lat, lon, zoom } : null,
    layers: layers === null ? base.layers : LAYERS.filter((name) => layers.split(",").includes(name)),
    zone: q.get("zone") ?? base.zone,
  };
}

/** Write a view as the fragment of an address; it always says language, theme and digits, so that both see the same. */
export function writeView(view: View): string {
  const q: string[] = [];
  const put = (name: string, value: string): void => void q.push(`${name}=${encodeURIComponent(value).replace(/%(3A|2C)/gi, (m) => decodeURIComponent(m))}`);
  if (view.mode !== FIRST.mode) put("mode", view.mode);
  put("lang", view.lang);
  if (view.digits) put("digits", view.digits);
  put("theme", view.theme);
  if (view.symbols !== FIRST.symbols) put("symbols", view.symbols);
  if (view.tab !== FIRST.tab) put("tab", view.tab);
  if (view.selected) put("sel", `${view.selected.kind}:${view.selected.id}`);
  if (view.at_utc_ms !== null) put("at", new Date(Math.round(view.at_utc_ms)).toISOString());
  if (view.at_utc_ms !== null && view.rate !== 1) put("rate", String(view.rate));
  if (view.at_utc_ms !== null && view.playing) put("play", "1");
  if (view.map) put("map", `${view.map.lat.toFixed(5)},${view.map.lon.toFixed(5)},${view.map.zoom.toFixed(2)}`);
  if (view.layers.join() !== LAYERS_ON.join()) put("layers", view.layers.join(","));
  if (view.zone) put("zone", view.zone);
  return `#${q.join("&")}`;
}
