/** The line of time: live at its end, the past along it, with what was seen and alarmed drawn behind. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as app from "../app";
import { busy, density, hop, play, seek, span_min, SPANS_MIN, trouble } from "../player";
import { RATES } from "../view";
import { Button, Choice } from "./parts";

export function Timeline(): JSX.Element {
  const words = app.words.value;
  const view = app.view.value;
  const drawn = density.value;
  const live = view.at_utc_ms === null;
  const now = app.now_utc_ms.value;
  const from = drawn?.from_utc_ms ?? now - 60_000;
  const to = Math.max(drawn?.to_utc_ms ?? now, live ? now : (drawn?.to_utc_ms ?? now));
  const percent = to > from ? ((now - from) / (to - from)) * 1000 : 1000;
  return (
    <section class="timeline" aria-label={words.say("density")}>
      <Button keys="Space" onClick={() => play(!(view.playing && !live))}>{view.playing && !live ? words.say("pause") : words.say("play")}</Button>
      <Button keys="[" onClick={() => hop(-1)} title={words.say("previous")}>
        <span aria-hidden="true">⏮</span><span class="spoken">{words.say("previous")}</span>
      </Button>
      <Button keys="]" onClick={() => hop(1)} title={words.say("next")}>
        <span aria-hidden="true">⏭</span><span class="spoken">{words.say("next")}</span>
      </Button>
      <div class="slider">
        <Drawn />
        <input
          type="range" min={0} max={1000} step={1} value={Math.max(0, Math.min(1000, percent))} aria-label={words.say("slider")}
          aria-valuetext={words.clock(now)} onInput={(event) => slide(Number(event.currentTarget.value), from, to)}
        />
      </div>
      <span class="moment">
        {trouble.value && !live ? words.say("record_failed", { why: trouble.value }) : busy.value ? words.say("loading") : words.clock(now)}
      </span>
      <Choice
        label={words.say("span")} value={String(span_min.value)} onChange={(minutes) => (span_min.value = Number(minutes))}
        options={SPANS_MIN.map((minutes) => ({ value: String(minutes), text: minutes < 60 ? words.say("minutes", { n: minutes }) : words.say("hours", { n: minutes / 60 }) }))}
      />
      <Choice
        label={words.say("rate")} value={String(view.rate)} options={RATES.map((rate) => ({ value: String(rate), text: `${words.number(rate, rate < 1 ? 1 : 0)}×` }))}
        onChange={(rate) => app.look({ rate: Number(rate) })}
      />
      <Button keys="l" onClick={() => seek(null)} disabled={live} class={live ? "" : "primary"}>{live ? words.say("live") : words.say("to_live")}</Button>
    </section>
  );
}

function slide(value: number, from: number, to: number): void {
  seek(value >= 1000 ? null : from + ((to - from) * value) / 1000);
}

/** Detections as bars, alarms as marks that reach the top. */
function Drawn(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = density.value;
  const { theme } = app.view.value;
  const rtl = app.words.value.pack.dir === "rtl";
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    if (!element || !pen || !drawn) return;
    const style = getComputedStyle(element);
    const bins = drawn.detections.length;
    element.width = bins * 3;
    element.height = 36;
    const most = Math.max(1, ...drawn.detections);
    for (let k = 0; k < bins; k++) {
      const x = (rtl ? bins - 1 - k : k) * 3;
      const height = (24 * (drawn.detections[k] ?? 0)) / most;
      pen.fillStyle = style.getPropertyValue("--faint");
      pen.fillRect(x, 36 - height, 2, height);
      if (!drawn.warnings[k]) continue;
      // a mark where an alarm begins after a quiet moment; the updates that follow are a thin line
      pen.fillStyle = style.getPropertyValue("--ink");
      pen.fillRect(x, 8, 1, 28);
      if (drawn.warnings[k - 1]) continue;
      pen.beginPath();
      pen.moveTo(x - 4, 0);
      pen.lineTo(x + 5, 0);
      pen.lineTo(x + 0.5, 9);
      pen.fill();
    }
  }, [drawn, theme, rtl]);
  return <canvas ref={canvas} aria-hidden="true" />;
}
