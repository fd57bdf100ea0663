/** The alarm: what, where, how long, what to do, who was told, what is still unknown. */
import type { JSX } from "preact";
import { told, type Alarm, type Unknown } from "../alarms";
import * as app from "../app";
import { ofTheStation } from "../cues";
import { acknowledge } from "../hands";
import type { Protection } from "../protection";
import type { Channel, Hazard, Loss } from "../protocol";
import type { Shown } from "../watch";
import type { Words } from "../words";
import type { Key } from "../words/pack";
import { open } from "./dialogs";
import { Button, Countdown, LevelBadge, LevelMark } from "./parts";

/** So many zones of a loss are named; the rest are counted, and all of them stand first in the table of zones. */
const ZONES_NAMED = 8;

/** What the people of a zone are told to do. */
export function instruction(told: { hazard: Hazard; level: Shown; held?: boolean }, words: Words): string {
  const hazard = told.hazard === "drone" ? "drone" : "rocket";
  if (told.level === "clear") return words.say("guard_clear");
  if (told.level === "unwatched") return words.say("guard_unwatched");
  return words.say((told.held ? `do.unwatched.${told.level === "remain" ? "remain" : "ready"}` : `do.${hazard}.${told.level}`) as Key);
}

/** What is said where no alarm stands: that none does, and that it says nothing of zones that nobody watches. */
export function noAlarm(words: Words): string {
  const bare = app.picture.value.losses.get("unwatched")?.zone_ids.length ?? 0;
  if (!bare) return words.say("no_alarm");
  return bare < (app.site.value?.zones.length ?? 0) ? words.say("no_alarm_but", { n: bare }) : words.say("no_alarm_unwatched");
}

export function unknownText(unknown: Unknown, words: Words): string {
  switch (unknown.what) {
    case "two_launch_places":
    case "two_impact_places":
      return words.say(`unknown.${unknown.what}`, { p: words.percent(unknown.share), q: words.percent(1 - unknown.share) });
    case "class":
      return words.say("unknown.class", { list: unknown.classes.join(" / ") });
    case "wide":
      return words.say("unknown.wide", { r: words.metres(unknown.radius_m) });
    default:
      return words.say(`unknown.${unknown.what}` as Key);
  }
}

export function Banner(): JSX.Element {
  const [first, ...rest] = app.alarmList.value;
  const words = app.words.value;
  return (
    <section class={`alarm ${first ? `level-${first.level}` : "quiet"} ${first?.acknowledged_by ? "" : "unseen"}`} aria-label={words.say("alarms")}>
      {/* read out when it changes: the words, not the seconds */}
      <p class="spoken" role="alert">{first ? headline(first, words) : ""}</p>
      {first ? <AlarmBody alarm={first} /> : <p class="no-alarm">{noAlarm(words)}</p>}
      {rest.length > 0 && (
        <ul class="more" aria-label={words.say("more_alarms", { n: rest.length })}>
          {rest.slice(0, 6).map((alarm) => (
            <li key={alarm.incident_id}>
              <Button onClick={() => app.look({ selected: { kind: "alarm", id: alarm.incident_id }, tab: "alarms" })}>
                <LevelBadge level={alarm.level} /> {words.name("hazard", alarm.hazard)} · {zoneNames(alarm)}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function zoneNames(alarm: Alarm): string {
  const words = app.words.value;
  return alarm.zones.map((zone) => words.zone(app.zoneById.value.get(zone.zone_id), zone.zone_id)).join(words.pack.dir === "rtl" ? "، " : ", ");
}

function headline(alarm: Alarm, words: Words): string {
  const drill = alarm.exercise ? `${words.say("exercise")}. ` : "";
  const held = alarm.held ? `${words.say("time_over_unwatched")} ` : "";
  return `${drill}${words.name("hazard", alarm.hazard)}. ${words.name("level", alarm.level)}: ${zoneNames(alarm)}. ${held}${instruction(alarm, words)}`;
}

function AlarmBody({ alarm }: { alarm: Alarm }): JSX.Element {
  const words = app.words.value;
  const urgent = alarm.zones.filter((zone) => zone.level === alarm.level);
  const others = alarm.zones.filter((zone) => zone.level !== alarm.level);
  return (
    <div class="alarm-body">
      <h2>
        <LevelMark level={alarm.level} />
        <span>
          {alarm.exercise && <strong class="exercise">{words.say("exercise")} </strong>}
          {words.name("hazard", alarm.hazard)} · {words.name("level", alarm.level)}
        </span>
      </h2>
      <ul class="alarm-zones" aria-label={`${words.say("where")}, ${words.say("when")}`}>
        {urgent.slice(0, 6).map((zone) => (
          <li key={zone.zone_id}>
            <Button onClick={() => app.look({ selected: { kind: "zone", id: zone.zone_id }, tab: "zones" })}>
              <span class="zone-name">{words.zone(app.zoneById.value.get(zone.zone_id), zone.zone_id)}</span>
              {zone.hazard && zone.hazard !== alarm.hazard && <em>{words.name("hazard", zone.hazard)}</em>}
              {alarm.level !== "all_clear" && <Countdown zone_id={zone.zone_id} />}
              {zone.probability > 0 && alarm.level !== "all_clear" && <span class="chance">{words.percent(zone.probability)}</span>}
            </Button>
          </li>
        ))}
        {others.slice(0, 6).map((zone) => (
          <li key={zone.zone_id} class="lesser">
            <LevelBadge level={zone.level} /> {words.zone(app.zoneById.value.get(zone.zone_id), zone.zone_id)}
          </li>
        ))}
        {urgent.length > 6 && <li>{words.say("more_alarms", { n: urgent.length - 6 })}</li>}
      </ul>
      <p class="to-do">
        {alarm.held && <strong class="held">{words.say("time_over_unwatched")}</strong>} {instruction(alarm, words)}
      </p>
      <dl class="facts">
        <div>
          <dt>{words.say("told")}</dt>
          <dd><Told /></dd>
        </div>
        <div>
          <dt>{words.say("unknown")}</dt>
          <dd>{alarm.unknowns.map((u) => unknownText(u, words)).join(" ") || words.say("unknown_none")}</dd>
        </div>
      </dl>
      <div class="hands">
        {alarm.acknowledged_by ? (
          <span class="acknowledged">{words.say("acknowledged_by", { who: alarm.acknowledged_by })}</span>
        ) : (
          <Button class="primary" keys="a" onClick={() => void acknowledge(alarm.warning_ids)} disabled={!alarm.warning_ids.length}>
            {words.say("acknowledge")}
          </Button>
        )}
        <Button keys="n" onClick={() => (open.value = { what: "note", target: alarm.warning_ids[0] ?? alarm.incident_id })}>
          {words.say("annotate")}
        </Button>
        {alarm.warning_ids[0] && (
          <Button keys="y" onClick={() => (open.value = { what: "why", warning_id: alarm.warning_ids[0] ?? "" })}>{words.say("why")}</Button>
        )}
        <span class="issuer">
          {words.clock(alarm.since_utc_ms)} · {words.say("issued_by", { who: alarm.issuer === "automatic" ? words.say("automatic") : alarm.issuer })}
        </span>
      </div>
    </div>
  );
}

const TOLD: Record<Channel["status"], Key> = { ok: "told_ok", late: "told_late", dead: "told_dead" };

export function Told(): JSX.Element {
  const words = app.words.value;
  const channels = told(app.picture.value.channels);
  if (!channels.length) return <>{words.say("told_none")}</>;
  return (
    <ul class="channels">
      {channels.map((channel) => (
        <li key={channel.channel_id} class={`channel-${channel.status}`}>
          <span class="dot" aria-hidden="true">{channel.status === "ok" ? "✓" : channel.status === "late" ? "…" : "✕"}</span>{" "}
          <bdi>{channel.channel_id}</bdi> {words.say(TOLD[channel.status])}
        </li>
      ))}
    </ul>
  );
}

/** Channels that get nothing through: whoever listens at their other end would not be told. */
export function ChannelNotice(): JSX.Element | null {
  const words = app.words.value;
  const dead = told(app.picture.value.channels).filter((channel) => channel.status === "dead");
  if (!dead.length) return null;
  return (
    <section class="protection" aria-label={words.say("channels_dead")} role="alert">
      <strong>{words.say("channels_dead")}</strong>
      <ul>
        {dead.map((channel) => (
          <li key={channel.channel_id}>
            <Button class="small" onClick={() => (open.value = { what: "practice" })}>
              <bdi>{channel.channel_id}</bdi>
              {channel.detail && <> · <bdi>{words.reason(channel.detail) ?? channel.detail}</bdi></>}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What does not work of the station itself: its record, a stage, its clock. */
export function StationNotice(): JSX.Element | null {
  const words = app.words.value;
  const found = ofTheStation(app.picture.value);
  if (!found.length) return null;
  return (
    <section class="protection" aria-label={words.say("station_trouble")} role="alert">
      <strong>{words.say("station_trouble")}</strong>
      <ul>
        {found.map((fault) => (
          <li key={fault.kind}>
            {words.name("fault", fault.kind)}
            {fault.reasons.map((reason) => <> · <bdi>{words.reason(reason) ?? reason}</bdi></>)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Losses of protection, each by its cause with the zones it takes it from; the sensors that are lost, and the zones that fewer watch. */
export function ProtectionNotice(): JSX.Element | null {
  const words = app.words.value;
  const lost = [...app.picture.value.sensors.values()].filter((sensor) => sensor.status === "lost");
  const losses = [...app.picture.value.losses.values()];
  if (!lost.length && !losses.length) return null;
  const told = new Set(losses.flatMap((loss) => loss.zone_ids));
  const bare = app.protections.value.filter((zone) => zone.state === "none" && !told.has(zone.zone_id));
  const reduced = app.protections.value.filter((zone) => zone.state === "reduced" && !told.has(zone.zone_id));
  return (
    <section class={`protection ${losses.length ? "loss" : ""}`} aria-label={words.say("protection_lost")}>
      <strong>{words.say("protection_lost")}</strong>
      {losses.length > 0 && <div role="alert">{losses.map((loss) => <LossLine key={loss.cause} loss={loss} />)}</div>}
      <span>{lost.map((sensor) => words.say("sensor_lost", { sensor: sensor.sensor_id })).join(" · ")}</span>
      {bare.length > 0 && <ZoneList zones={bare} />}
      {reduced.length > 4 ? (
        <details>
          <summary>{words.say("zones_reduced", { n: reduced.length })}</summary>
          <ZoneList zones={reduced} />
        </details>
      ) : reduced.length > 0 && <ZoneList zones={reduced} />}
    </section>
  );
}

/** One loss in words: the cause's own, or as the station tells it where the packs do not know the cause. */
function LossLine({ loss }: { loss: Loss }): JSX.Element {
  const words = app.words.value;
  const all = loss.zone_ids.length > 1 && loss.zone_ids.length === app.site.value?.zones.length;
  const shown = all ? [] : loss.zone_ids.slice(0, ZONES_NAMED);
  const rest = all ? 0 : loss.zone_ids.length - shown.length;
  return (
    <p class="loss-line">
      <b>{words.name("loss", loss.cause)}</b>
      {all && <span>{words.say("every_zone")}</span>}
      {shown.map((id) => (
        <Button key={id} class="small" onClick={() => app.look({ selected: { kind: "zone", id }, tab: "zones" })}>
          {words.zone(app.zoneById.value.get(id), id)}
        </Button>
      ))}
      {rest > 0 && <span>{words.say("more_alarms", { n: rest })}</span>}
      {loss.detail && <bdi>{words.reason(loss.detail) ?? loss.detail}</bdi>}
    </p>
  );
}

function ZoneList({ zones }: { zones: readonly Protection[] }): JSX.Element {
  const words = app.words.value;
  return (
    <ul>
      {zones.map((zone) => (
        <li key={zone.zone_id}>
          <Button class="small" onClick={() => app.look({ selected: { kind: "zone", id: zone.zone_id }, tab: "zones" })}>
            {words.say(zone.state === "none" ? "zone_none" : "zone_reduced", {
              zone: words.zone(app.zoneById.value.get(zone.zone_id), zone.zone_id),
              n: zone.sensors.length - zone.lost.length, m: zone.sensors.length,
            })}
          </Button>
        </li>
      ))}
    </ul>
  );
}
