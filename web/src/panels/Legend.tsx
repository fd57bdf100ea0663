/** What the shapes and lines on the map mean; it folds. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as app from "../app";
import { PALETTES } from "../map/palette";
import { draw, symbolSet } from "../map/symbols";
import type { Affiliation, TrackStatus } from "../protocol";
import type { Shown } from "../watch";
import { LevelBadge } from "./parts";

const SIDES: Affiliation[] = ["friend", "assumed_friend", "neutral", "unknown", "suspect", "hostile"];
const STATUSES: TrackStatus[] = ["confirmed", "tentative", "coasted"];
const LEVELS: Shown[] = ["watch", "prepare", "take_shelter", "remain", "all_clear", "unwatched"];

export function Legend(): JSX.Element {
  const words = app.words.value;
  return (
    <details class="legend">
      <summary>{words.say("legend")}</summary>
      <ul>{SIDES.map((side) => <li key={side}><Symbol name={`${side}/unknown/confirmed`} /> {words.name("affiliation", side)}</li>)}</ul>
      <ul>{STATUSES.map((status) => <li key={status}><Symbol name={`unknown/drone/${status}`} /> {words.name("status", status)}</li>)}</ul>
      <ul>{LEVELS.map((level) => <li key={level}><LevelBadge level={level} /></li>)}</ul>
      <ul>
        <li><span class="swatch launch" aria-hidden="true" /> {words.say("launch")} ({words.percent(0.5)}, {words.percent(0.95)})</li>
        <li><span class="swatch impact" aria-hidden="true" /> {words.say("impact")} ({words.percent(0.5)}, {words.percent(0.95)})</li>
        <li><span class="swatch corridor" aria-hidden="true" /> {words.say("corridor")}</li>
        <li><span class="swatch blind" aria-hidden="true" /> {words.say("blind_zone")}</li>
        <li><span class="swatch lost" aria-hidden="true" /> {words.say("coverage_lost")}</li>
      </ul>
    </details>
  );
}

function Symbol({ name }: { name: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { theme } = app.view.value;
  const symbols = symbolSet.value;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const image = draw(name, symbols, PALETTES[theme]);
    element.width = image.width;
    element.height = image.height;
    element.getContext("2d")?.putImageData(image, 0, 0);
  }, [name, theme, symbols]);
  return <canvas ref={canvas} class="symbol" aria-hidden="true" />;
}
