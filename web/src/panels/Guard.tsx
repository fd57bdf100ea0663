/** The guards' page: one zone, in letters that can be read running, on a telephone. */
import type { JSX } from "preact";
import * as app from "../app";
import { URGENCY } from "../alarms";
import { isHeld, shownOf, unseenOf, watchingOf } from "../watch";
import type { Key } from "../words/pack";
import { instruction, noAlarm } from "./Banner";
import { Button, Choice, Countdown, LevelBadge, LevelMark } from "./parts";

export function Guard(): JSX.Element {
  const words = app.words.value;
  const view = app.view.value;
  const zones = app.site.value?.zones ?? [];
  const states = app.picture.value.zones;
  const mine = zones.find((zone) => zone.zone_id === view.zone);
  const state = mine && states.get(mine.zone_id);
  const level = state?.level ?? "clear";
  const shown = shownOf(state);
  const others = zones.filter((zone) => zone !== mine && shownOf(states.get(zone.zone_id)) !== "clear")
    .sort((a, b) => URGENCY[states.get(b.zone_id)?.level ?? "clear"] - URGENCY[states.get(a.zone_id)?.level ?? "clear"]);
  const hazard = state?.hazard;
  return (
    <main class="guard">
      <Choice
        label={words.say("follow_you")} value={view.zone ?? ""} onChange={(zone) => app.look({ zone: zone || null })}
        options={[{ value: "", text: words.say("choose_zone") }, ...zones.map((zone) => ({ value: zone.zone_id, text: words.zone(zone, zone.zone_id) }))]}
      />
      {mine && (
        <section class={`guard-zone level-${shown}`} aria-live="assertive">
          <h2>{words.zone(mine, mine.zone_id)}</h2>
          <p class="guard-level"><LevelMark level={shown} /> {words.name("level", shown)}</p>
          {level !== "clear" && hazard && <p class="guard-hazard">{words.name("hazard", hazard)}</p>}
          {level !== "clear" && level !== "all_clear" && <p class="guard-count" aria-live="off"><Countdown zone_id={mine.zone_id} /></p>}
          <p class="guard-do">{instruction({ hazard: hazard ?? "unknown", level: shown, held: isHeld(state) }, words)}</p>
          {shown !== "unwatched" && watchingOf(state) === "nobody" && <p class="guard-unwatched">{words.say("zone_none", { zone: words.zone(mine, mine.zone_id) })}</p>}
          {unseenOf(state).map((hazard) => <p key={hazard} class="guard-unwatched">{words.say(`unseen_${hazard}` as Key)}</p>)}
        </section>
      )}
      <h3>{words.say("all_zones")}</h3>
      {others.length === 0 && <p>{noAlarm(words)}</p>}
      <ul class="guard-list">
        {others.map((zone) => {
          const other = shownOf(states.get(zone.zone_id));
          return (
            <li key={zone.zone_id}>
              <LevelBadge level={other} /> {words.zone(zone, zone.zone_id)} {other !== "all_clear" && other !== "unwatched" && <Countdown zone_id={zone.zone_id} />}
            </li>
          );
        })}
      </ul>
      <Button onClick={() => app.look({ mode: "console" })}>{words.say("console")}</Button>
    </main>
  );
}
