/** Channels and drills: each way out with its test, a drill to begin and to stop, and the strip that says one goes on. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { told } from "../alarms";
import * as app from "../app";
import { goesOn } from "../drill";
import { beginDrill, busy, drill, drilling, stopDrill, testChannel, testing } from "../practice";
import type { Channel } from "../protocol";
import type { Words } from "../words";
import type { Key } from "../words/pack";
import { open } from "./dialogs";
import { Button, Choice, Dialog, LevelBadge } from "./parts";

export function Practice(): JSX.Element {
  return (
    <Dialog title={app.words.value.say("practice")} onClose={() => (open.value = null)}>
      <Channels />
      <DrillPart />
    </Dialog>
  );
}

function Channels(): JSX.Element {
  const words = app.words.value;
  const channels = told(app.livePicture.value.channels);
  return (
    <section class="practice" aria-label={words.say("channels")}>
      <h3>{words.say("channels")}</h3>
      <p>{words.say("test_why")}</p>
      {!channels.length && <p>{words.say("told_none")}</p>}
      <ul>{channels.map((channel) => <ChannelLine key={channel.channel_id} channel={channel} />)}</ul>
    </section>
  );
}

/** What came of a channel's last test, in words. */
export function testText(channel: Channel, words: Words): string {
  if (!channel.tested_utc_ms) return words.say("test_never");
  const result = words.say(channel.test_delivered ? "test_passed" : "test_failed", { s: words.number(channel.test_took_s ?? 0, 2) });
  return `${words.clock(channel.tested_utc_ms)} · ${result}`;
}

function ChannelLine({ channel }: { channel: Channel }): JSX.Element {
  const words = app.words.value;
  const waits = testing.value.has(channel.channel_id);
  const detail = channel.tested_utc_ms ? channel.test_detail : channel.detail;
  return (
    <li class={`channel-line channel-${channel.status}`}>
      <span class="channel-name"><bdi>{channel.channel_id}</bdi></span>
      <span>{words.name("channel", channel.kind)}</span>
      <span class="state">{words.name("status", channel.status)}</span>
      <span>{words.say("sent")} {words.number(channel.sent)} · {words.say("failed")} {words.number(channel.failed)}</span>
      <span class="result" role="status">
        {waits ? words.say("test_waits") : busy.value === channel.channel_id ? words.say("test_busy") : testText(channel, words)}
        {detail && <Receipt said={detail} />}
      </span>
      <Button onClick={() => void testChannel(channel.channel_id)} disabled={waits} label={words.say("test_of", { channel: channel.channel_id })}>
        {words.say("test")}
      </Button>
    </li>
  );
}

/** What a channel said became of its last message, in the console's language; a file's name or a code as it came. */
function Receipt({ said }: { said: string }): JSX.Element {
  const words = app.words.value.reason(said);
  return words === null ? <small dir="ltr"><bdi>{said}</bdi></small> : <small>{words}</small>;
}

function DrillPart(): JSX.Element {
  const words = app.words.value;
  const can = app.site.value?.can_drill ?? false;
  return (
    <section class="practice drill" aria-label={words.say("drill")}>
      <h3>{words.say("drill")}</h3>
      <p>{words.say(can ? "drill_why" : "drill_no_ground")}</p>
      {can && (drilling.value ? <Running /> : <DrillForm />)}
    </section>
  );
}

function Running(): JSX.Element {
  return <div class="hands"><DrillWords /><StopButton /></div>;
}

function StopButton(): JSX.Element {
  return <Button class="primary" onClick={() => void stopDrill()}>{app.words.value.say("drill_stop")}</Button>;
}

function zoneName(id: string): string {
  return app.words.value.zone(app.zoneById.value.get(id), id);
}

function DrillForm(): JSX.Element {
  const words = app.words.value;
  const { selected } = app.view.peek();
  const [zones, setZones] = useState<string[]>(selected?.kind === "zone" ? [selected.id] : []);
  const [minutes, setMinutes] = useState(5);
  const [hazard, setHazard] = useState<"rocket" | "drone">("rocket");
  const [prepare_s, setPrepare] = useState(0);
  const known = app.site.value?.zones ?? [];
  const people = known.filter((zone) => zones.includes(zone.zone_id)).reduce((sum, zone) => sum + zone.population, 0);
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    // "stay in shelter" for the last half minute, or the last tenth of a short drill
    const remain_s = Math.min(30, 6 * minutes);
    if (await beginDrill({ zone_ids: zones, minutes, hazard, prepare_s, remain_s })) open.value = null;
  };
  return (
    <form class="settings" onSubmit={(event) => void begin(event)}>
      <fieldset class="zone-choice">
        <legend>{words.say("zones")}</legend>
        {known.map((zone) => (
          <label key={zone.zone_id}>
            <input type="checkbox" checked={zones.includes(zone.zone_id)}
              onChange={(event) => setZones(event.currentTarget.checked ? [...zones, zone.zone_id] : zones.filter((id) => id !== zone.zone_id))} />
            {zoneName(zone.zone_id)}
          </label>
        ))}
      </fieldset>
      <Choice label={words.say("what")} value={hazard} onChange={setHazard}
        options={(["rocket", "drone"] as const).map((value) => ({ value, text: words.say(`hazard.${value}` as Key) }))} />
      <label class="choice">
        <span>{words.say("drill_minutes")}</span>
        <input type="number" min={1} max={60} step={1} required value={minutes} onInput={(event) => setMinutes(event.currentTarget.valueAsNumber)} />
      </label>
      <label class="choice">
        <span>{words.say("drill_prepare")}</span>
        <input type="number" min={0} max={600} step={5} required value={prepare_s} onInput={(event) => setPrepare(event.currentTarget.valueAsNumber)} />
      </label>
      <p role="status">{zones.length > 0 && words.say("drill_told", { n: zones.length, p: people })}</p>
      <button type="submit" class="begin-drill" disabled={!zones.length}>{words.say("drill_begin")}</button>
    </form>
  );
}

function DrillWords(): JSX.Element | null {
  const words = app.words.value;
  const now = drill.value;
  if (!now) return null;
  const left_s = (now.ends_utc_ms - app.now_utc_ms.value) / 1000;
  return (
    <span class="drill-words">
      <strong>{words.say("exercise")}</strong> {words.say(`drill.${now.phase}` as Key, { why: (now.detail && words.reason(now.detail)) ?? now.detail ?? "" })}
      {goesOn(now) && (
        <>
          {" "}· {now.zone_ids.slice(0, 6).map(zoneName).join(words.pack.dir === "rtl" ? "، " : ", ")}
          {now.zone_ids.length > 6 && ` ${words.say("more_alarms", { n: now.zone_ids.length - 6 })}`}
          {now.level && <> · <LevelBadge level={now.level} /></>}
          {" "}· {words.say("drill_ends", { t: words.span(left_s) })} · {words.say("drill_by", { who: now.by })}
          {now.failed > 0 && <> · {words.say("failed")} {words.number(now.failed)}</>}
        </>
      )}
    </span>
  );
}

/** Whether things are done on this page, now: not on a wall, not by a guard, not in the past. */
function hasHands(): boolean {
  const { mode, at_utc_ms } = app.view.value;
  return at_utc_ms === null && (mode === "console" || mode === "setup");
}

/** Across the page, in a colour of its own, as long as a drill goes on and for a minute after. */
export function DrillStrip(): JSX.Element | null {
  const words = app.words.value;
  const now = drill.value;
  if (!now) return null;
  return (
    <section class="drill-strip" aria-label={words.say("drill")}>
      <p role="status"><DrillWords /></p>
      {goesOn(now) && hasHands() && <StopButton />}
    </section>
  );
}
