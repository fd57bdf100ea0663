/** The page: banner, map, tables, line of time; or the guards' page. */
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as app from "../app";
import type { View } from "../view";
import type { SiteMap } from "../map/map";
import { Banner, ChannelNotice, ProtectionNotice, StationNotice } from "./Banner";
import { Detail } from "./Detail";
import { Guard } from "./Guard";
import { Header } from "./Header";
import { Legend } from "./Legend";
import { DrillStrip } from "./Practice";
import { Setup } from "./Setup";
import { Tables } from "./Tables";
import { Timeline } from "./Timeline";
import { Windows } from "./Windows";

/** How long the map waits for the first picture [ms]. */
const MAP_WAITS_MS = 1_500;

let siteMap: SiteMap | null = null;

export function theMap(): SiteMap | null {
  return siteMap;
}

export function App(): JSX.Element {
  const { mode } = app.view.value;
  return (
    <>
      <Header onFit={() => siteMap?.fit()} />
      {mode === "guard" ? <><NoPicture /><DrillStrip /><Guard /></> : <Watch mode={mode} />}
      <Windows />
      <Said />
    </>
  );
}

function Watch({ mode }: { mode: View["mode"] }): JSX.Element {
  const wall = mode === "wall";
  return (
    <>
      <Banner />
      <DrillStrip />
      <StationNotice />
      <ChannelNotice />
      <ProtectionNotice />
      <main class="watch">
        <MapBox />
        <aside class="side">
          {mode === "setup" ? <Setup /> : <>{!wall && <Tables />}<Detail /></>}
        </aside>
      </main>
      {!wall && <Timeline />}
    </>
  );
}

/** Wait until the first picture has been painted, or long enough without one. */
function tablesStand(): Promise<void> {
  return new Promise((stand) => {
    const late = window.setTimeout(stand, MAP_WAITS_MS);
    const stop = effect(() => {
      if (!app.site.value || !app.picture.value.whole) return;
      requestAnimationFrame(() => window.setTimeout(() => {
        window.clearTimeout(late);
        stop();
        stand();
      }));
    });
  });
}

function MapBox(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const words = app.words.value;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let gone = false;
    let watcher: ResizeObserver | null = null;
    // the map library is large and its beginning keeps the page busy: the alarm and the tables stand before it
    tablesStand().then(() => import("../map/map")).then(({ SiteMap }) => {
      if (gone) return;
      siteMap = new SiteMap(element);
      watcher = new ResizeObserver(() => siteMap?.resize());
      watcher.observe(element);
    }).catch((error: unknown) => app.say(String(error), true)); // no WebGL: the tables and the banner still serve
    return () => {
      gone = true;
      watcher?.disconnect();
      siteMap?.remove();
      siteMap = null;
    };
  }, []);
  return (
    <section class="map-box" aria-label={words.say("map")}>
      <div class="map" ref={box} dir="ltr" />
      <Legend />
      <NoPicture />
    </section>
  );
}

/** Across the whole map when nothing is heard: what is shown is old, and no one may take it for the sky. */
function NoPicture(): JSX.Element | null {
  const words = app.words.value;
  const silent = app.silent_ms.value;
  if (app.view.value.at_utc_ms !== null || silent === null) return null;
  const never = !Number.isFinite(silent);
  return (
    <div class="no-picture" role="alert">
      <strong>{words.say("no_picture")}</strong>
      <span>{never ? words.say("connecting") : words.say("no_picture_why", { s: Math.round(silent / 1000) })}</span>
    </div>
  );
}

function Said(): JSX.Element {
  const said = app.said.value;
  return <div class="said" role={said?.urgent ? "alert" : "status"}>{said && <p class={said.urgent ? "urgent" : ""}>{said.text}</p>}</div>;
}
