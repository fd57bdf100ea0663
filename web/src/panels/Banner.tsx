/** The alarm: what, where, how long, what to do, who was told, what is still unknown. */
import type { JSX } from "preact";
import { told, type Alarm, type Unknown } from "../alarms";
import * as app from "../app";
import { ofTheStation } from "../cues";
import { acknowledge } from "../hands";
import type { Protection } from "../protection";
import type { Channel } from "../protocol";
import type { Words } from "../words";
import type { Key } from "../words/pack";
import { open } from "./dialogs";
import { Button, Countdown, LevelBadge, LevelMark } from "./parts";

/** What the people of a zone are told to do. */
export function instruction(alarm: Pick<Alarm, "hazard" | "level">, words: Words): string {
  const hazard = alarm.hazard === "drone" ? "drone" : "rocket";
  return alarm.level === "clear" ? words.say("guard_clear") : words.say(`do.${hazard}.${alarm.level}` as Key);
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
      {first ? <AlarmBody alarm={first} /> : <p class="no-alarm">{words.say("no_alarm")}</p>}
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
  return `${drill}${words.name("hazard", alarm.hazard)}. ${words.name("level", alarm.level)}: ${zoneNames(alarm)}. ${instruction(alarm, words)}`;
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
      <p class="to-do">{instruction(alarm, words)}</p>
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

/** What the loss of sensors means: zones that nobody watches, each by its name, and those that fewer watch. */
export function ProtectionNotice(): JSX.Element | null {
  const words = app.words.value;
  const lost = [...app.picture.value.sensors.values()].filter((sensor) => sensor.status === "lost");
  if (!lost.length) return null;
  const bare = app.protections.value.filter((zone) => zone.state === "none");
  const reduced = app.protections.value.filter((zone) => zone.state === "reduced");
  return (
    <section class="protection" aria-label={words.say("protection_lost")}>
      <strong>{words.say("protection_lost")}</strong>
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
