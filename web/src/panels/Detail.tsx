/** All that is known of what is selected. */
import type { ComponentChildren, JSX } from "preact";
import * as app from "../app";
import { copyText, download } from "../hands";
import { course, hasPlace } from "../map/features";
import { axes, cep, RADIUS_95 } from "../places/ellipse";
import { latLonText, mgrs, utmText } from "../places/grid";
import type { Impact, Launch, Mode, Sensor, Track, Zone, ZoneRisk } from "../protocol";
import { instruction } from "./Banner";
import { isHeld, shownOf } from "../watch";
import { protectionText } from "./columns";
import { open } from "./dialogs";
import { Button, Countdown, LevelBadge } from "./parts";

export function Detail(): JSX.Element | null {
  const { selected } = app.view.value;
  const words = app.words.value;
  if (!selected) return null;
  const body = content();
  if (!body) return null;
  return (
    <section class="detail" aria-label={words.say("details")}>
      <header>
        <h2>{body.title}</h2>
        <Button onClick={() => app.select(null)} keys="Escape">{words.say("close")}</Button>
      </header>
      <div class="detail-body" tabIndex={0} role="group" aria-label={words.say("details")}>
        {body.content}
        <Notes id={selected.id} />
      </div>
      <div class="hands">
        <Button keys="n" onClick={() => (open.value = { what: "note", target: selected.id })}>{words.say("annotate")}</Button>
        <Button onClick={() => download("gpx", selected)}>{words.say("export_gpx")}</Button>
        <Button onClick={() => download("kml", selected)}>{words.say("export_kml")}</Button>
        <Button keys="e" onClick={() => download("geojson", selected)}>{words.say("export_geojson")}</Button>
      </div>
    </section>
  );
}

function content(): { title: ComponentChildren; content: JSX.Element } | null {
  const { selected } = app.view.value;
  const picture = app.picture.value;
  const words = app.words.value;
  if (selected?.kind === "track") {
    const track = picture.tracks.get(selected.id);
    return track ? { title: <><bdi>{track.track_id}</bdi> · {words.name("kind", track.kind)}</>, content: <TrackDetail track={track} /> } : null;
  }
  if (selected?.kind === "launch") {
    const [launch, impact] = [picture.launches.get(selected.id), picture.impacts.get(selected.id)];
    return launch || impact
      ? { title: words.say("launch_short", { id: selected.id }), content: <EventDetail launch={launch} impact={impact} /> } : null;
  }
  if (selected?.kind === "zone") {
    const zone = app.zoneById.value.get(selected.id);
    return zone ? { title: words.zone(zone, zone.zone_id), content: <ZoneDetail zone={zone} /> } : null;
  }
  if (selected?.kind === "sensor") {
    const sensor = picture.sensors.get(selected.id) ?? app.site.value?.sensors.find((s) => s.sensor_id === selected.id);
    return sensor ? { title: <bdi>{sensor.sensor_id}</bdi>, content: <SensorDetail sensor={sensor} /> } : null;
  }
  const alarm = app.alarmList.value.find((a) => a.incident_id === selected?.id);
  return alarm
    ? {
        title: `${words.name("hazard", alarm.hazard)} · ${words.name("level", alarm.level)}`,
        content: (
          <ul class="alarm-list">
            {alarm.zones.map((zone) => (
              <li key={zone.zone_id}>
                <LevelBadge level={zone.level} /> {words.zone(app.zoneById.value.get(zone.zone_id), zone.zone_id)} <Countdown zone_id={zone.zone_id} />
              </li>
            ))}
          </ul>
        ),
      } : null;
}

function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren] | null)[] }): JSX.Element {
  return (
    <dl class="facts">
      {rows.map((row) => row && row[1] !== "" && row[1] != null && (
        <div key={row[0]}>
          <dt>{row[0]}</dt>
          <dd>{row[1]}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A place in the three forms that teams use, each with a button that copies it. */
export function Place({ lat, lon }: { lat: number; lon: number }): JSX.Element {
  const words = app.words.value;
  const forms = [mgrs(lat, lon), utmText(lat, lon), latLonText(lat, lon)].filter((form) => form !== null);
  return (
    <ul class="place">
      {forms.map((form) => (
        <li key={form}>
          <code dir="ltr">{form}</code>
          <button type="button" class="small" aria-label={`${words.say("copy")} ${form}`} onClick={() => void copyText(form)}>
            {words.say("copy")}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Reasons({ reasons }: { reasons: readonly string[] }): JSX.Element | string {
  const words = app.words.value;
  if (!reasons.length) return "";
  return (
    <ul class="reasons">
      {reasons.map((reason) => {
        const said = words.reason(reason);
        // what no pack knows is shown as the station gives it, in English
        return said === null ? <li key={reason} lang="en" dir="ltr">{reason}</li> : <li key={reason}>{said}</li>;
      })}
    </ul>
  );
}

function TrackDetail({ track }: { track: Track }): JSX.Element {
  const words = app.words.value;
  const heading = course(track);
  const corridor = app.picture.value.corridors.get(track.track_id);
  return (
    <>
      <Facts
        rows={[
          [words.say("affiliation"), `${words.name("affiliation", track.affiliation)} (${words.percent(track.confidence)})`],
          [words.say("status"), words.name("status", track.status)],
          [words.say("reasons"), <Reasons reasons={track.reasons} />],
          [words.say("transponder"), track.transponder_id ? <><bdi>{track.transponder_id}</bdi> ({words.say("unverified")})</> : ""],
          [words.say("height"), words.metres(track.h)],
          [words.say("speed"), `${words.number(Math.hypot(track.vel[0], track.vel[1]))} ${words.pack.code === "ar" ? "م/ث" : "m/s"}`],
          [words.say("course"), heading === null ? "" : words.degrees(heading)],
          [words.say("uncertainty"), track.range_known ? <Spread cov={track.cov_en} /> : words.say("range_unknown")],
          [words.say("age"), words.span((app.now_utc_ms.value - track.t_utc_ms) / 1000)],
          [words.say("first_seen"), words.clock(track.first_seen_utc_ms)],
          [words.say("sensors"), <bdi>{track.sensors.join(", ")}</bdi>],
        ]}
      />
      {corridor && (
        <>
          <h3>{words.say("corridor")}</h3>
          <Facts
            rows={[
              [words.say("came_from"), corridor.came_from_az == null ? "" : `${words.degrees(corridor.came_from_az)} ± ${words.degrees(corridor.came_from_sigma ?? 0)}`],
              [words.say("neighbours"), corridor.neighbours.map((id) => words.zone(app.zoneById.value.get(id), id)).join(" · ")],
            ]}
          />
          <Risks risks={corridor.zone_risks} />
        </>
      )}
      <Place lat={track.lat} lon={track.lon} />
    </>
  );
}

function Spread({ cov }: { cov: Mode["cov_en"] }): JSX.Element {
  const words = app.words.value;
  const { major_m, minor_m, azimuth } = axes(cov);
  const turned = (((azimuth * 180) / Math.PI) % 180 + 180) % 180;
  return (
    <>
      {words.say("cep")} {words.metres(cep(cov))} · {words.say("ellipse95")} {words.metres(RADIUS_95 * major_m)} × {words.metres(RADIUS_95 * minor_m)} · {words.degrees(turned)}
    </>
  );
}

function Modes({ modes, heading }: { modes: readonly Mode[]; heading: string }): JSX.Element {
  const words = app.words.value;
  return (
    <>
      {modes.map((mode, k) => (
        <section key={k} class="mode" aria-label={`${heading} ${words.say("mode", { n: k + 1 })}`}>
          <h3>
            {heading}
            {modes.length > 1 && <> · {words.say("mode", { n: k + 1 })} <strong>{words.percent(mode.weight)}</strong></>}
          </h3>
          <Facts
            rows={[
              [words.say("uncertainty"), <Spread cov={mode.cov_en} />],
              [words.say("time"), `${words.clock(mode.t_utc_ms)} ± ${words.number(mode.t_sigma_s, 1)} ${words.pack.code === "ar" ? "ث" : "s"}`],
            ]}
          />
          <Place lat={mode.lat} lon={mode.lon} />
        </section>
      ))}
    </>
  );
}

function EventDetail({ launch, impact }: { launch: Launch | undefined; impact: Impact | undefined }): JSX.Element {
  const words = app.words.value;
  return (
    <>
      {launch && (
        <>
          <Facts
            rows={[
              [words.say("status"), words.name("status", launch.status)],
              [words.say("classes"), launch.classes.map((c) => `${c.name} ${words.percent(c.weight)}`).join(" · ")],
              [words.say("azimuth"), words.degrees(launch.azimuth)],
              [words.say("elevation"), words.degrees(launch.elevation)],
              [words.say("detections"), words.number(launch.detections)],
              [words.say("sensors"), <bdi>{launch.sensors.join(", ")}</bdi>],
              [words.say("reasons"), <Reasons reasons={launch.reasons} />],
            ]}
          />
          <Modes modes={launch.modes} heading={words.say("launch")} />
        </>
      )}
      {impact && (
        <>
          <Facts rows={[[words.say("impact"), words.name("outcome", impact.outcome)]]} />
          <Risks risks={impact.zone_risks} />
          <Modes modes={impact.modes} heading={words.say("impact")} />
        </>
      )}
    </>
  );
}

function Risks({ risks }: { risks: readonly ZoneRisk[] }): JSX.Element {
  const words = app.words.value;
  const now = app.now_utc_ms.value;
  const worth = risks.filter((risk) => risk.probability >= 0.01).sort((a, b) => b.probability - a.probability).slice(0, 6);
  return (
    <Facts
      rows={worth.map((risk) => {
        const [low, high] = [(risk.t05_utc_ms - now) / 1000, (risk.t95_utc_ms - now) / 1000];
        const when = high > 0 ? ` · ${words.say("seconds", { a: Math.max(0, Math.floor(low)), b: Math.ceil(high) })}` : "";
        return [words.zone(app.zoneById.value.get(risk.zone_id), risk.zone_id), `${words.percent(risk.probability)}${when}`];
      })}
    />
  );
}

function ZoneDetail({ zone }: { zone: Zone }): JSX.Element {
  const words = app.words.value;
  const state = app.picture.value.zones.get(zone.zone_id);
  const level = state?.level ?? "clear";
  const shown = shownOf(state);
  const watched = app.protections.value.find((p) => p.zone_id === zone.zone_id);
  const warning_id = state?.warning_id;
  return (
    <>
      <p><LevelBadge level={shown} /> {level !== "clear" && level !== "all_clear" && <Countdown zone_id={zone.zone_id} />}</p>
      {shown !== "clear" && <p class="to-do">{instruction({ hazard: state?.hazard ?? "unknown", level: shown, held: isHeld(state) }, words)}</p>}
      <Facts
        rows={[
          [words.say("what"), state?.hazard ? words.name("hazard", state.hazard) : ""],
          [words.say("probability"), state?.probability ? words.percent(state.probability) : ""],
          [words.say("since"), state && level !== "clear" ? words.clock(state.since_utc_ms) : ""],
          [words.say("people"), words.number(zone.population)],
          [words.say("shelter_time"), words.span(zone.shelter_s)],
          [words.say("blind_zone"), <BlindWords zone={zone} />],
          [words.say("protection"), watched ? <>{protectionText(watched, state, words)} <bdi>{watched.sensors.map((id) => (watched.lost.includes(id) ? `✕ ${id}` : id)).join(", ")}</bdi></> : ""],
        ]}
      />
      {level !== "take_shelter" && level !== "remain" && (
        <Button keys="y" onClick={() => (open.value = { what: "why_not", zone_id: zone.zone_id })}>{words.say("why_not")}</Button>
      )}
      {warning_id && <Button onClick={() => (open.value = { what: "why", warning_id })}>{words.say("why")}</Button>}
      <Place lat={zone.lat} lon={zone.lon} />
    </>
  );
}

/** From how near a rocket leaves this zone no time, and what that is reckoned from. */
function BlindWords({ zone }: { zone: Zone }): JSX.Element | null {
  const words = app.words.value;
  const all = app.blind.value;
  const told = all?.zones.find((one) => one.zone_id === zone.zone_id);
  if (!all || !told) return null;
  const parts = { d: all.detection_s, c: all.decision_s, n: all.notify_s, s: zone.shelter_s, sum: told.needed_s };
  return (
    <>
      {told.distance_m > 0 ? words.say("blind_within", { r: words.metres(told.distance_m), class: told.rocket_class }) : words.say("none")}
      {" "}<small>{words.say("blind_parts", parts)}</small>
    </>
  );
}

function SensorDetail({ sensor }: { sensor: Sensor }): JSX.Element {
  const words = app.words.value;
  const faults = [...app.picture.value.faults.values()].filter((fault) => fault.sensor_id === sensor.sensor_id);
  const hurt = app.protections.value.filter((zone) => zone.lost.includes(sensor.sensor_id));
  return (
    <>
      <Facts
        rows={[
          [words.say("kind"), words.name("sensor", sensor.kind)],
          [words.say("status"), words.name("status", sensor.status)],
          [words.say("last_seen"), words.clock(sensor.last_seen_utc_ms)],
          [words.say("range"), sensor.max_range_m ? words.metres(sensor.max_range_m) : ""],
          [words.say("height"), words.metres(sensor.h)],
          [words.say("clock_offset"), sensor.clock_offset_s == null ? "" : `${words.number(sensor.clock_offset_s * 1000)} ${words.pack.code === "ar" ? "مث" : "ms"}`],
          [words.say("position_sigma"), words.metres(sensor.position_sigma_m)],
          [words.say("protection_lost"), hurt.map((zone) => words.zone(app.zoneById.value.get(zone.zone_id), zone.zone_id)).join(" · ")],
        ]}
      />
      {faults.map((fault) => (
        <div key={fault.kind}>
          <h3>{words.say("faults")}: {words.name("fault", fault.kind)}</h3>
          <Reasons reasons={fault.reasons} />
        </div>
      ))}
      {hasPlace(sensor) ? <Place lat={sensor.lat} lon={sensor.lon} /> : <p>{words.say("no_place")}</p>}
    </>
  );
}

function Notes({ id }: { id: string }): JSX.Element | null {
  const words = app.words.value;
  const notes = app.picture.value.notes.filter((note) => note.target_id === id);
  if (!notes.length) return null;
  return (
    <>
      <h3>{words.say("notes")}</h3>
      <ul class="notes">
        {notes.map((note, k) => <li key={k}><time>{words.clock(note.utc_ms)}</time> <bdi>{note.operator}</bdi>: <bdi>{note.text}</bdi></li>)}
      </ul>
    </>
  );
}
