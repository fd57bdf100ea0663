/** The map: it shows the picture, and says what was clicked.  Sources change together, once a frame, within a budget. */
import { effect } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import { LngLatBounds, Map as GlMap, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import atlasUrl from "world-atlas/countries-10m.json?url";
import "maplibre-gl/dist/maplibre-gl.css";
import * as app from "../app";
import { clickMap, draft, draftCoverage, tool } from "../drafting";
import { RADIUS_95, ring } from "../places/ellipse";
import type { Site } from "../protocol";
import type { Kind, Tab, Theme, View } from "../view";
import * as make from "./features";
import { FEEDS, MOST_URGENT, sceneNow, type Scene } from "./feeds";
import { CLICKED, styleOf, SWITCHED, type SourceName } from "./layers";
import { PALETTES } from "./palette";
import { relief } from "./relief";
import { draw, hatch, PIXELS, symbolSet } from "./symbols";

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

/** A source that has not shown its last data by then is fed again all the same [ms]. */
const PATIENCE_MS = 3_000;
/** Script time a frame that the map's data may take before the rest waits for the next one [ms]. */
const BUDGET_MS = 4;
const TAB_OF: Record<Kind, Tab> = { track: "tracks", launch: "launches", sensor: "sensors", zone: "zones", alarm: "alarms" };

interface Fed {
  on: readonly unknown[];
  at_ms: number;
}

export class SiteMap {
  private readonly map: GlMap;
  private readonly fed = new Map<SourceName, Fed>();
  /** Sources whose last data are not drawn yet, since when: new data would throw the half-made tiles away. */
  private readonly busy = new Map<SourceName, number>();
  private readonly images = new Set<string>();
  private heights: { heights: Int16Array; offset_m: number } | null = null;
  private ground: { land: FeatureCollection; borders: FeatureCollection } | null = null;
  private groundFor: Site | null = null;
  private theme: Theme = "dark";
  private mode: View["mode"] = "console";
  private framed = false;
  private followed = "";
  private covered: string | null = null;
  private ready = false;
  private turn = 0;
  private readonly stop: () => void;

  constructor(container: HTMLElement) {
    const { map: place, theme, mode } = app.view.peek();
    this.theme = theme;
    this.mode = mode;
    this.map = new GlMap({
      container, style: this.style(), attributionControl: false, fadeDuration: 0, pitchWithRotate: false,
      center: place ? [place.lon, place.lat] : [0, 20], zoom: place?.zoom ?? 2, maxPitch: 0, dragRotate: false,
      keyboard: false, maxZoom: 18, renderWorldCopies: false, cancelPendingTileRequestsWhileZooming: false,
    });
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
    this.map.getCanvas().tabIndex = -1;
    this.map.on("style.load", () => this.dressed());
    this.map.on("moveend", (event) => this.moved((event as { originalEvent?: unknown }).originalEvent !== undefined));
    this.map.on("sourcedata", (event) => {
      if (!this.busy.has(event.sourceId as SourceName) || !this.map.isSourceLoaded(event.sourceId)) return;
      this.busy.delete(event.sourceId as SourceName);
      const mark = `map ${event.sourceId}`; // when its data were last ready to draw: read by measurements
      performance.clearMarks(mark);
      performance.mark(mark);
      if (event.sourceId === "tracks") document.documentElement.dataset["map"] ??= "drawn";
      this.schedule();
    });
    this.map.on("click", (event) => {
      if (app.view.peek().mode === "setup") clickMap(event.lngLat.lat, event.lngLat.lng);
      else this.clicked([event.point.x, event.point.y]);
    });
    this.stop = effect(() => this.changed());
  }

  remove(): void {
    this.stop();
    this.ready = false;
    this.map.remove();
  }

  private style(): StyleSpecification {
    return styleOf(PALETTES[this.theme], `${this.theme}/`, this.mode === "wall" ? 1.6 : 1);
  }

  /** The style stands: put back what belongs to it and feed every source anew. */
  private dressed(): void {
    this.ready = true;
    this.fed.clear();
    this.busy.clear();
    this.covered = null;
    this.images.clear();
    const palette = PALETTES[this.theme];
    for (const level of [...Object.keys(palette.level), "blind", "lost"]) this.image(`hatch/${level}`, () => hatch(level, palette));
    this.putRelief();
    this.putGround();
    this.schedule();
  }

  private image(name: string, make: () => ImageData): void {
    const full = `${this.theme}/${name}`;
    if (this.images.has(full)) return;
    this.images.add(full);
    if (!this.map.hasImage(full)) this.map.addImage(full, make(), { pixelRatio: PIXELS });
  }

  private changed(): void {
    const { theme, mode } = app.view.value;
    // read all that the scene hangs on, so that its change calls this again
    void [app.picture.value, app.now_utc_ms.value, app.words.value, app.protections.value, app.coverage.value, app.blind.value, symbolSet.value, draft.value, tool.value, draftCoverage.value];
    const site = app.site.value;
    if (site && this.groundFor !== site) this.loadGround(site);
    if (site) this.follow();
    if (theme !== this.theme || mode !== this.mode) {
      this.theme = theme;
      this.mode = mode;
      this.ready = false;
      this.map.setStyle(this.style(), { diff: false });
      return;
    }
    // an alarm's shapes are made while the page still lays out its words, not in the frame after them
    const scene = this.ready ? sceneNow(this.theme) : null;
    if (scene) this.offer(MOST_URGENT, scene, performance.now());
    this.schedule();
  }

  private schedule(): void {
    if (this.framed) return;
    this.framed = true;
    requestAnimationFrame(() => {
      this.framed = false;
      this.feed();
    });
  }

  /** Feed the sources whose inputs changed, in turn, until the budget is spent; the rest comes next frame. */
  private feed(): void {
    const scene = sceneNow(this.theme);
    if (!this.ready || !scene) return;
    const began = performance.now();
    this.switchLayers(scene.view);
    const names = Object.keys(FEEDS) as SourceName[];
    let left = false;
    for (let k = -1; k < names.length; k++) {
      const name = k < 0 ? MOST_URGENT : names[(this.turn + k) % names.length];
      if (!name) continue;
      const now = performance.now();
      if (now - began > BUDGET_MS) {
        this.turn = (this.turn + Math.max(0, k)) % names.length;
        left = true;
        break;
      }
      this.offer(name, scene, now);
    }
    if (left) this.schedule();
  }

  /** Feed a source if its inputs changed, its time has come and it has shown its last data. */
  private offer(name: SourceName, scene: Scene, now: number): void {
    const feed = FEEDS[name];
    if (!feed) return;
    const on = feed.on(scene);
    const fed = this.fed.get(name);
    if (fed && same(fed.on, on)) return;
    if (fed && now - fed.at_ms < feed.every) return;
    if (now - (this.busy.get(name) ?? -Infinity) < PATIENCE_MS) return;
    this.fed.set(name, { on, at_ms: now });
    this.put(name, feed.make(scene));
  }

  private put(name: SourceName, data: FeatureCollection): void {
    const { theme } = this;
    const symbols = symbolSet.peek();
    if (name === "tracks" || name === "sensors" || name === "draft") {
      const prefix = `${theme}/${symbols}/`;
      for (const { properties } of data.features) {
        const icon = properties?.["icon"] as string | undefined;
        if (!icon || this.images.has(icon)) continue;
        this.image(icon.slice(theme.length + 1), () => draw(icon.slice(prefix.length), symbols, PALETTES[theme]));
      }
    }
    this.busy.set(name, performance.now());
    void this.map.getSource<GeoJSONSource>(name)?.setData(data);
  }

  private switchLayers(view: View): void {
    // a selected sensor shows its own coverage, and that alone
    const sensor = view.selected?.kind === "sensor" ? view.selected.id : null;
    if (sensor !== this.covered) {
      this.covered = sensor;
      for (const layer of SWITCHED["coverage"] ?? []) this.map.setFilter(layer, sensor ? ["==", ["get", "sensor_id"], sensor] : null);
    }
    for (const [name, layers] of Object.entries(SWITCHED)) {
      const shown = view.layers.some((layer) => layer === name) || (name === "coverage" && (sensor !== null || view.mode === "setup"));
      const visible = shown ? "visible" : "none";
      for (const layer of layers)
        if (this.map.getLayer(layer) && this.map.getLayoutProperty(layer, "visibility") !== visible)
          this.map.setLayoutProperty(layer, "visibility", visible);
    }
  }

  private loadGround(site: Site): void {
    this.groundFor = site;
    void app.terrain().then((terrain) => {
      this.heights = terrain;
      if (this.ready) this.putRelief();
    }).catch(() => undefined);
    const worker = new Worker(new URL("./basemap.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<{ land: FeatureCollection; borders: FeatureCollection }>): void => {
      this.ground = event.data;
      worker.terminate();
      if (this.ready) this.putGround();
    };
    worker.postMessage({ address: new URL(atlasUrl, document.baseURI).href, lat: site.origin.lat, lon: site.origin.lon });
  }

  private putGround(): void {
    if (!this.ground) return;
    void this.map.getSource<GeoJSONSource>("land")?.setData(this.ground.land);
    void this.map.getSource<GeoJSONSource>("borders")?.setData(this.ground.borders);
  }

  private putRelief(): void {
    const header = app.site.peek()?.terrain;
    if (!header || !this.heights || this.map.getSource("relief")) return;
    const shaded = relief(header, this.heights.heights, PALETTES[this.theme]);
    if (!shaded) return;
    this.map.addSource("relief", { type: "canvas", canvas: shaded.canvas, coordinates: shaded.corners, animate: false });
    this.map.addLayer({ id: "relief", type: "raster", source: "relief", paint: { "raster-fade-duration": 0 } }, "borders");
  }

  /** As long as nobody moved the map it shows the site and all that threatens it, and widens when something new begins. */
  private follow(): void {
    if (app.view.peek().map !== null) {
      this.followed = "";
      return;
    }
    const picture = app.picture.peek();
    const events = [...picture.launches.values()].map((launch) => `${launch.event_id}/${launch.modes.length}`);
    const key = ["site", ...events, ...picture.corridors.keys()].join();
    if (key === this.followed) return;
    const animate = this.followed !== "" && !reducedMotion();
    this.followed = key;
    this.frame(animate);
  }

  /** Follow again, from now on. */
  fit(): void {
    this.followed = "";
    app.look({ map: null });
  }

  private frame(animate: boolean): void {
    const site = app.site.peek();
    if (!site) return;
    const bounds = new LngLatBounds();
    for (const zone of site.zones) for (const place of make.zoneRing(zone)) bounds.extend(place as [number, number]);
    for (const sensor of site.sensors) if (!sensor.mobile && make.hasPlace(sensor)) bounds.extend([sensor.lon, sensor.lat]);
    if (bounds.isEmpty()) bounds.extend([site.origin.lon, site.origin.lat]);
    const picture = app.picture.peek();
    for (const event of [...picture.launches.values(), ...picture.impacts.values()])
      for (const mode of event.modes)
        for (const place of ring(mode.lat, mode.lon, mode.cov_en, RADIUS_95, 8)) bounds.extend(place);
    for (const corridor of picture.corridors.values()) for (const [, lat, lon] of corridor.axis) bounds.extend([lon, lat]);
    this.map.resize();
    const { clientWidth, clientHeight } = this.map.getContainer();
    const margin = Math.max(10, Math.min(90, Math.min(clientWidth, clientHeight) * 0.12));
    const lines = this.mode === "wall" ? 1.6 * margin : margin; // the wall's letters are larger
    // labels reach beyond what they name, and the map's own buttons stand at one side
    const padding = { top: lines, bottom: lines, left: margin + 40, right: margin + 40 };
    this.map.fitBounds(bounds, { padding, animate, duration: 500, maxZoom: 14.5 });
  }

  center(lat: number, lon: number): void {
    this.keep(lat, lon, this.map.getZoom());
    this.map.easeTo({ center: [lon, lat], duration: reducedMotion() ? 0 : 300 });
  }

  zoom(by: number): void {
    const { lat, lng } = this.map.getCenter();
    this.keep(lat, lng, this.map.getZoom() + by);
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: reducedMotion() ? 0 : 150 });
  }

  private keep(lat: number, lon: number, zoom: number): void {
    app.look({ map: { lat, lon, zoom } });
  }

  resize(): void {
    this.map.resize();
  }

  /** A person's own move is kept in the address; the map's own following is not. */
  private moved(byPerson: boolean): void {
    if (!byPerson && app.view.peek().map === null) return;
    const { lat, lng } = this.map.getCenter();
    app.look({ map: { lat, lon: lng, zoom: this.map.getZoom() } });
  }

  private clicked([x, y]: [number, number]): void {
    const layers = CLICKED.filter((layer) => this.map.getLayer(layer));
    const found = this.map.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers });
    const best = found.sort((a, b) => layers.indexOf(a.layer.id) - layers.indexOf(b.layer.id))[0];
    const kind = best?.properties["kind"] as Kind | undefined;
    const id = best?.properties["id"] as string | undefined;
    if (!kind || !id) app.select(null);
    else app.look({ selected: { kind, id }, tab: TAB_OF[kind] });
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, k) => Object.is(item, b[k]));
}

function reducedMotion(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
