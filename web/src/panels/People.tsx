/** Logging in, and the orders of people: alarm, hold, cancel, correct, all-clear; another person's order that waits. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as app from "../app";
import { isPlain, outcome } from "../orders";
import { confirm, give, logIn, logOut, me, type Correction, type Order, type Waiting } from "../people";
import type { Hazard } from "../protocol";
import type { Key } from "../words/pack";
import { open } from "./dialogs";
import { Button, Choice, Dialog } from "./parts";

const ORDERS: readonly Order[] = ["alarm", "hold", "cancel", "correct", "all_clear"];
const CORRECTIONS: readonly Correction[] = ["hazard", "late"];
const HAZARDS: readonly Hazard[] = ["rocket", "drone", "unknown"];

export function People(): JSX.Element {
  const words = app.words.value;
  const { accounts, name } = me.value;
  return (
    <Dialog title={words.say("orders")} onClose={() => (open.value = null)}>
      {!accounts ? <p>{words.say("no_accounts")}</p> : name === null ? <LogIn /> : <Orders />}
    </Dialog>
  );
}

function LogIn(): JSX.Element {
  const words = app.words.value;
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const enter = async (event: Event): Promise<void> => {
    event.preventDefault();
    setWrong(await logIn(name, password));
    setPassword("");
  };
  return (
    <form class="settings" onSubmit={(event) => void enter(event)}>
      <label class="choice">
        <span>{words.say("account")}</span>
        <input autoComplete="username" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <label class="choice">
        <span>{words.say("password")}</span>
        <input type="password" autoComplete="current-password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
      </label>
      {wrong && <p role="alert">{wrong}</p>}
      <button type="submit" class="primary">{words.say("log_in")}</button>
    </form>
  );
}

function zoneName(id: string): string {
  return app.words.value.zone(app.zoneById.value.get(id), id);
}

function Orders(): JSX.Element {
  const words = app.words.value;
  const { name, role, waiting } = me.value;
  return (
    <>
      <p class="hands">
        <strong><bdi>{name}</bdi></strong> ({words.name("role", role ?? "")})
        <Button onClick={() => void logOut()}>{words.say("log_out")}</Button>
      </p>
      {waiting.map((order) => <WaitingOrder key={order.order_id} order={order} />)}
      {role !== "observer" && <OrderForm />}
    </>
  );
}

function WaitingOrder({ order }: { order: Waiting }): JSX.Element {
  const words = app.words.value;
  const [wrong, setWrong] = useState<string | null>(null);
  return (
    <div class="waiting" role="group" aria-label={words.say("waits")}>
      <p>
        <strong>{words.name("order", order.what)}</strong> · {order.zone_ids.map(zoneName).join(" · ")} · <bdi>{order.by}</bdi>
      </p>
      {wrong && <p role="alert">{wrong}</p>}
      <Button class="primary" onClick={() => void confirm(order.order_id).then((came) => setWrong(isPlain(came) ? null : outcome(words, came)))}>{words.say("confirm")}</Button>
    </div>
  );
}

/** The zones that an order is about at first: the selected one, or those of the first alarm. */
function firstZones(): string[] {
  const { selected } = app.view.peek();
  if (selected?.kind === "zone") return [selected.id];
  return app.alarmList.peek()[0]?.zones.map((zone) => zone.zone_id) ?? [];
}

function OrderForm(): JSX.Element {
  const words = app.words.value;
  const [what, setWhat] = useState<Order>("alarm");
  const [hazard, setHazard] = useState<Hazard>("rocket");
  const [zones, setZones] = useState<string[]>(firstZones);
  const [correction, setCorrection] = useState<Correction>("hazard");
  const [note, setNote] = useState("");
  const [typed, setTyped] = useState("");
  const [result, setResult] = useState("");
  const first = zones[0];
  const needsName = what === "alarm" || what === "cancel";
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const came = await give({ what, zone_ids: zones, hazard, note, confirm: typed.trim(), correction });
    setResult(outcome(words, came));
    if (!came.wrong) setTyped("");
  };
  return (
    <form class="settings" onSubmit={(event) => void send(event)}>
      <Choice label={words.say("order")} value={what} onChange={setWhat}
        options={ORDERS.map((value) => ({ value, text: words.say(`order.${value}` as Key) }))} />
      {what === "correct" && (
        <Choice label={words.say("correction")} value={correction} onChange={setCorrection}
          options={CORRECTIONS.map((value) => ({ value, text: words.say(`correction.${value}` as Key) }))} />
      )}
      <Choice label={words.say("what")} value={hazard} onChange={setHazard}
        options={HAZARDS.map((value) => ({ value, text: words.say(`hazard.${value}` as Key) }))} />
      <fieldset class="zone-choice">
        <legend>{words.say("zones")}</legend>
        {(app.site.value?.zones ?? []).map((zone) => (
          <label key={zone.zone_id}>
            <input type="checkbox" checked={zones.includes(zone.zone_id)}
              onChange={(event) => setZones(event.currentTarget.checked ? [...zones, zone.zone_id] : zones.filter((id) => id !== zone.zone_id))} />
            {zoneName(zone.zone_id)}
          </label>
        ))}
      </fieldset>
      <label class="choice">
        <span>{words.say("note")}</span>
        <input value={note} dir="auto" onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      {needsName && first && (
        <label class="choice">
          <span>{words.say("type_name", { zone: zoneName(first) })}</span>
          <input value={typed} dir="auto" required onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
      )}
      <p role="status">{result}</p>
      <button type="submit" class="primary" disabled={!zones.length}>{words.say("give_order")}</button>
    </form>
  );
}
