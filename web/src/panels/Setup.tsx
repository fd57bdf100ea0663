/** Setting a site up without an editor: draw zones, place sensors, see at once what they cover, save the site file. */
import type { JSX } from "preact";
import * as app from "../app";
import { KINDS, ofSite, type DraftSensor, type DraftZone } from "../draft";
import { changeSensor, changeZone, closePolygon, draft, save, tool, trouble } from "../drafting";
import { open } from "./dialogs";
import { Button } from "./parts";

export function Setup(): JSX.Element {
  const words = app.words.value;
  const { zones, sensors } = draft.value;
  const site = app.site.value;
  return (
    <section class="setup" aria-label={words.say("setup")}>
      <header>
        <h2>{words.say("setup")}</h2>
        <Button onClick={() => app.look({ mode: "console" })}>{words.say("close")}</Button>
      </header>
      <p>{words.say("setup_why")}</p>
      <Tools />
      {trouble.value && <p role="alert" class="trouble">{trouble.value}</p>}
      <div class="setup-lists">
        <h3>{words.say("zones")} <span class="count">{words.number(zones.length)}</span></h3>
        {zones.map((zone) => <ZoneFields key={zone.id} zone={zone} />)}
        <h3>{words.say("sensors")} <span class="count">{words.number(sensors.length)}</span></h3>
        {sensors.map((sensor) => <SensorFields key={sensor.id} sensor={sensor} />)}
      </div>
      <div class="hands">
        <Button onClick={() => site && (draft.value = ofSite(site))}>{words.say("from_station")}</Button>
        <Button onClick={() => (draft.value = { zones: [], sensors: [] })} disabled={!zones.length && !sensors.length}>{words.say("empty_draft")}</Button>
        <Button class="primary" onClick={() => void save()} disabled={!zones.length}>{words.say("save_site")}</Button>
        <Button keys="d" onClick={() => (open.value = { what: "practice" })}>{words.say("practice")}</Button>
      </div>
    </section>
  );
}

function Tools(): JSX.Element {
  const words = app.words.value;
  const hand = tool.value;
  const corners = hand?.what === "polygon" ? hand.corners.length : 0;
  return (
    <div class="tools" role="group" aria-label={words.say("draw")}>
      <div class="hands">
        <Button pressed={hand?.what === "polygon"} onClick={() => (tool.value = hand?.what === "polygon" ? null : { what: "polygon", corners: [] })}>
          {words.say("draw_polygon")}
        </Button>
        <Button pressed={hand?.what === "circle"} onClick={() => (tool.value = hand?.what === "circle" ? null : { what: "circle" })}>
          {words.say("draw_circle")}
        </Button>
        {hand?.what === "polygon" && <Button class="primary" onClick={closePolygon} disabled={corners < 3}>{words.say("close_polygon")}</Button>}
      </div>
      <div class="hands">
        {KINDS.map((kind) => (
          <Button key={kind} pressed={hand?.what === "sensor" && hand.kind === kind}
            onClick={() => (tool.value = hand?.what === "sensor" && hand.kind === kind ? null : { what: "sensor", kind })}>
            {words.name("sensor", kind)}
          </Button>
        ))}
      </div>
      <p role="status" class="hint">{hand ? words.say(hand.what === "polygon" ? "hint_polygon" : "hint_click", { n: corners }) : ""}</p>
    </div>
  );
}

function Text(props: { label: string; value: string; onChange: (value: string) => void; dir?: "rtl" }): JSX.Element {
  return (
    <label>
      <span>{props.label}</span>
      <input value={props.value} dir={props.dir ?? "auto"} onChange={(event) => props.onChange(event.currentTarget.value)} />
    </label>
  );
}

function Figure(props: { label: string; value: number | undefined; step?: string; onChange: (value: number) => void }): JSX.Element {
  return (
    <label>
      <span>{props.label}</span>
      <input
        type="number" step={props.step ?? "any"} value={props.value ?? ""} dir="ltr"
        onChange={(event) => Number.isFinite(event.currentTarget.valueAsNumber) && props.onChange(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

function ZoneFields({ zone }: { zone: DraftZone }): JSX.Element {
  const words = app.words.value;
  const change = (part: Partial<DraftZone>): void => changeZone(zone.id, part);
  return (
    <fieldset class="draft">
      <legend dir="ltr">{zone.id}</legend>
      <Text label={words.say("name")} value={zone.name} onChange={(name) => change({ name })} />
      <Text label={words.say("name_arabic")} dir="rtl" value={zone.name_ar} onChange={(name_ar) => change({ name_ar })} />
      <Figure label={`${words.say("shelter_time")} (s)`} value={zone.shelter_s} onChange={(shelter_s) => change({ shelter_s })} />
      <Figure label={words.say("people")} step="1" value={zone.population} onChange={(people) => change({ population: Math.round(people) })} />
      {zone.radius_m !== undefined && (
        <>
          <Figure label={`${words.say("radius")} (m)`} value={zone.radius_m} onChange={(radius_m) => change({ radius_m })} />
          <Figure label={words.say("latitude")} value={zone.latitude_deg} onChange={(latitude_deg) => change({ latitude_deg })} />
          <Figure label={words.say("longitude")} value={zone.longitude_deg} onChange={(longitude_deg) => change({ longitude_deg })} />
        </>
      )}
      <Button onClick={() => changeZone(zone.id, null)}>{words.say("remove")} <span class="spoken">{zone.id}</span></Button>
    </fieldset>
  );
}

function SensorFields({ sensor }: { sensor: DraftSensor }): JSX.Element {
  const words = app.words.value;
  const change = (part: Partial<DraftSensor>): void => changeSensor(sensor.id, part);
  return (
    <fieldset class="draft">
      <legend><bdi>{sensor.id}</bdi> · {words.name("sensor", sensor.kind)}</legend>
      <Figure label={words.say("latitude")} value={sensor.latitude_deg} onChange={(latitude_deg) => change({ latitude_deg })} />
      <Figure label={words.say("longitude")} value={sensor.longitude_deg} onChange={(longitude_deg) => change({ longitude_deg })} />
      <Figure label={`${words.say("above_ground")} (m)`} value={sensor.height_above_ground_m} onChange={(value) => change({ height_above_ground_m: value })} />
      <Figure label={`${words.say("range")} (m)`} value={sensor.max_range_m} onChange={(max_range_m) => change({ max_range_m })} />
      <Button onClick={() => changeSensor(sensor.id, null)}>{words.say("remove")} <span class="spoken">{sensor.id}</span></Button>
    </fieldset>
  );
}
