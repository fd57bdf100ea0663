/** The top line: which site, what time, whether it is live, and the switches. */
import type { JSX } from "preact";
import * as app from "../app";
import { me } from "../people";
import { PACKS } from "../words";
import { MUTE_MIN, audible, mute, muted_until_ms, unmute } from "../sound";
import { open } from "./dialogs";
import { Button } from "./parts";

export function Header(props: { onFit: () => void }): JSX.Element {
  const words = app.words.value;
  const view = app.view.value;
  const site = app.site.value;
  return (
    <header class="top">
      <a class="skip" href="#table" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("table")?.focus(); }}>
        {words.say("skip_to_tables")}
      </a>
      <h1>
        <span class="brand">{words.say("app")}</span>
        {site && <span class="site">{words.pack.code === "ar" ? site.name_ar || site.name : site.name}</span>}
        {site?.exercise && <strong class="exercise">{words.say("exercise")}</strong>}
      </h1>
      <Clock />
      <nav class="switches" aria-label={words.say("settings")}>
        <Mute />
        <Button onClick={props.onFit} keys="f">{words.say("fit")}</Button>
        <Button
          keys="v" pressed={view.layers.includes("coverage")}
          onClick={() => app.look({ layers: view.layers.includes("coverage") ? view.layers.filter((l) => l !== "coverage") : [...view.layers, "coverage"] })}
        >
          {words.say("layer.coverage")}
        </Button>
        <Button keys="d" onClick={() => (open.value = { what: "practice" })}>{words.say("practice")}</Button>
        <Button keys="g" onClick={nextLanguage}>{nextPackName()}</Button>
        {me.value.accounts && (
          <Button keys="o" onClick={() => (open.value = { what: "people" })} class={me.value.waiting.length ? "primary" : ""}>
            {me.value.name === null ? words.say("log_in") : <bdi>{me.value.name}</bdi>}
            {me.value.waiting.length > 0 && ` · ${words.number(me.value.waiting.length)}`}
          </Button>
        )}
        <Button onClick={() => (open.value = { what: "settings" })}>{words.say("settings")}</Button>
        <Button keys="?" onClick={() => (open.value = { what: "help" })}>{words.say("help")}</Button>
      </nav>
    </header>
  );
}

function nextPack(): string {
  const codes = [...PACKS.keys()];
  return codes[(codes.indexOf(app.view.peek().lang) + 1) % codes.length] ?? "en";
}

const nextPackName = (): string => PACKS.get(nextPack())?.name ?? "";

export function nextLanguage(): void {
  app.look({ lang: nextPack(), digits: null });
}

function Clock(): JSX.Element {
  const words = app.words.value;
  const now = app.now_utc_ms.value;
  const live = app.view.value.at_utc_ms === null;
  const silent = app.silent_ms.value !== null;
  const state = silent ? "silent" : live ? "live" : "record";
  return (
    <p class="clock">
      <span class={`feed feed-${state}`}>
        <span aria-hidden="true">{silent ? "✕" : live ? "●" : "◷"}</span> {words.say(silent ? "no_picture" : live ? "live" : "replaying")}
      </span>
      {now > 0 && (
        <>
          <time class="hour" dateTime={new Date(now).toISOString()}>{words.clock(now)} <small>{words.say("utc")}</small></time>
          <span class="dates"><span>{words.gregorian(now)}</span> <span>{words.hijri(now)}</span></span>
        </>
      )}
    </p>
  );
}

function Mute(): JSX.Element {
  const words = app.words.value;
  void app.now_utc_ms.value;
  const until = muted_until_ms.value;
  if (!audible.value)
    return <span class="sound-off" title={words.say("sound_off")}><span aria-hidden="true">🔇</span><span class="spoken">{words.say("sound_off")}</span></span>;
  return until === null ? (
    <Button keys="m" onClick={() => mute()}>{words.say("mute", { m: MUTE_MIN })}</Button>
  ) : (
    <Button keys="m" pressed onClick={unmute}>{words.say("muted", { t: words.span((until - performance.now()) / 1000) })}</Button>
  );
}
