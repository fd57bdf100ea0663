/** The change of shift: what stands, told to the next person, who takes it over by name; kept in the station's journal. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as app from "../app";
import { annotate, operator, setOperator } from "../hands";
import { handover } from "../handover";
import { open } from "./dialogs";
import { Dialog, LevelBadge } from "./parts";

/** Under this name the journal keeps changes of shift. */
const TARGET = "shift";

export function HandoverWindow(): JSX.Element {
  const words = app.words.value;
  const told = handover(app.picture.value, app.alarmList.value, app.protections.value);
  const zone = (id: string): string => words.zone(app.zoneById.value.get(id), id);
  const [from, setFrom] = useState(operator());
  const [to, setTo] = useState("");
  const [text, setText] = useState("");
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const summary = [
      `${from.trim()} -> ${to.trim()}`, `alarms ${told.alarms.length} (${told.unacknowledged} not acknowledged)`,
      `sensors lost: ${told.lost_sensors.join(", ") || "none"}`, `zones unwatched: ${told.unwatched_zones.join(", ") || "none"}`,
      `channels dead: ${told.dead_channels.join(", ") || "none"}`, text.trim(),
    ];
    setOperator(from);
    if (!(await annotate(TARGET, summary.filter(Boolean).join("; ")))) return;
    setOperator(to);
    open.value = null;
  };
  const sites = told.launch_sites.map((s) => [s.launch_site_id, `×${words.number(s.launches)}`, words.clock(s.last_utc_ms)]);
  const rows: [string, string[][]][] = [
    [words.say("sensors_lost"), told.lost_sensors.map((id) => [id])],
    [words.say("faults"), told.faults.map((fault) => [fault.sensor_id, words.name("fault", fault.kind)])],
    [words.say("protection_none"), told.unwatched_zones.map((id) => [zone(id)])],
    [words.say("told_dead"), told.dead_channels.map((id) => [id])],
    [words.say("launches"), sites],
    [words.say("notes"), told.notes.map((note) => [words.clock(note.utc_ms), note.operator, note.text])],
  ];
  return (
    <Dialog title={words.say("hand_over")} onClose={() => (open.value = null)}>
      <ul class="alarm-list">
        {told.alarms.length === 0 && <li>{words.say("no_alarm")}</li>}
        {told.alarms.map((alarm) => (
          <li key={alarm.incident_id}>
            <LevelBadge level={alarm.level} /> {words.name("hazard", alarm.hazard)} · {alarm.zones.map((z) => zone(z.zone_id)).join(" · ")} ·{" "}
            {alarm.acknowledged_by ? words.say("acknowledged_by", { who: alarm.acknowledged_by }) : words.say("unacknowledged")}
          </li>
        ))}
      </ul>
      <dl class="facts">
        {rows.map(([head, said]) => (
          <div key={head}>
            <dt>{head}</dt>
            <dd>{said.length ? said.map((parts, k) => <p key={k}>{parts.map((part) => <><bdi>{part}</bdi> </>)}</p>) : words.say("none")}</dd>
          </div>
        ))}
      </dl>
      <form class="settings" onSubmit={(event) => void save(event)}>
        <label class="choice"><span>{words.say("hand_from")}</span><input required value={from} onInput={(event) => setFrom(event.currentTarget.value)} /></label>
        <label class="choice"><span>{words.say("hand_to")}</span><input required value={to} onInput={(event) => setTo(event.currentTarget.value)} /></label>
        <label class="choice"><span>{words.say("note")}</span><textarea rows={3} dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
        <button type="submit" class="primary">{words.say("hand_over")}</button>
      </form>
    </Dialog>
  );
}
