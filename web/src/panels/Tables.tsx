/** The tables beside the map: only the rows that are seen exist in the page; they select together with the map. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as app from "../app";
import { TABS, type Tab } from "../view";
import { arrange, rowsOf, type Row, type Scene, type Sorting } from "./columns";
import { Button } from "./parts";

const ROW_PX = 30;
const BEYOND = 4;

export const filter = signal("");
const sorting = signal<Partial<Record<Tab, Sorting>>>({});
/** The rows as they stand in the table now, for the keyboard. */
let standing: Row[] = [];

/** Put the focus into the filter. */
export function focusFilter(): void {
  document.getElementById("filter")?.focus();
}

function scene(): Scene {
  return {
    picture: app.picture.value, site: app.site.value, words: app.words.value, now_utc_ms: app.now_utc_ms.value,
    alarms: app.alarmList.value, protections: app.protections.value,
  };
}

/** Select the row `by` places away from the selected one. */
export function step(by: number): void {
  const selected = app.view.peek().selected;
  const here = standing.findIndex((row) => row.kind === selected?.kind && row.id === selected?.id);
  const row = standing[Math.max(0, Math.min(standing.length - 1, here < 0 ? (by > 0 ? 0 : standing.length - 1) : here + by))];
  if (row?.kind) app.select({ kind: row.kind, id: row.id });
}

function count(tab: Tab): number {
  const picture = app.picture.value;
  switch (tab) {
    case "tracks": return picture.tracks.size;
    case "launches": return picture.launches.size;
    case "sensors": return Math.max(picture.sensors.size, app.site.value?.sensors.length ?? 0);
    case "zones": return app.site.value?.zones.length ?? 0;
    case "alarms": return app.alarmList.value.length;
    case "rejects": return picture.rejected_total;
  }
}

export function Tables(): JSX.Element {
  const words = app.words.value;
  const { tab } = app.view.value;
  return (
    <section class="tables" aria-label={words.say("tables")}>
      <div class="tabs" role="tablist" aria-label={words.say("tables")} onKeyDown={moveTab}>
        {TABS.map((name) => (
          <button
            key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={tab === name} aria-controls="table" tabIndex={tab === name ? 0 : -1}
            onClick={() => app.look({ tab: name })}
          >
            {words.say(name)} <span class="count">{words.number(count(name))}</span>
          </button>
        ))}
      </div>
      <div class="table-panel" role="tabpanel" id="table" aria-labelledby={`tab-${tab}`}>
        <Table key={tab} tab={tab} />
      </div>
    </section>
  );
}

function moveTab(event: KeyboardEvent): void {
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const by = event.key === forward ? 1 : ["ArrowLeft", "ArrowRight"].includes(event.key) ? -1 : 0;
  if (!by) return;
  event.preventDefault();
  const next = TABS[(TABS.indexOf(app.view.peek().tab) + by + TABS.length) % TABS.length] ?? "tracks";
  app.look({ tab: next });
  document.getElementById(`tab-${next}`)?.focus();
}

function Table({ tab }: { tab: Tab }): JSX.Element {
  const words = app.words.value;
  const now = scene();
  const all = rowsOf(tab, now);
  const rows = arrange(all, now, filter.value, sorting.value[tab] ?? null);
  standing = rows;
  const heads = (all[0] ?? rows[0])?.columns() ?? [];
  return (
    <>
      <div class="filter">
        <label for="filter">{words.say("search")}</label>
        <input
          id="filter" type="search" value={filter.value} placeholder={words.say("search_hint")} aria-keyshortcuts="/"
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
        <span class="shown" role="status">{words.say("shown_of", { n: rows.length, m: all.length })}</span>
      </div>
      {all.length === 0 ? <p class="empty">{words.say("nothing_here")}</p> : <Grid tab={tab} rows={rows} heads={heads} now={now} />}
    </>
  );
}

function Grid({ tab, rows, heads, now }: { tab: Tab; rows: Row[]; heads: ReturnType<Row["columns"]>; now: Scene }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const words = app.words.value;
  const { selected } = app.view.value;
  const chosen = rows.findIndex((row) => row.kind === selected?.kind && row.id === selected?.id);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => setHeight(element.clientHeight));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  const key = selected ? `${selected.kind}:${selected.id}` : "";
  useEffect(() => {
    const element = box.current;
    if (!element || chosen < 0) return;
    const at = chosen * ROW_PX;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + 2 * ROW_PX > element.scrollTop + element.clientHeight) element.scrollTop = at + 2 * ROW_PX - element.clientHeight;
  }, [key, chosen >= 0]);
  const from = Math.max(0, Math.floor(top / ROW_PX) - BEYOND);
  const to = Math.min(rows.length, Math.ceil((top + height) / ROW_PX) + BEYOND);
  const order = sorting.value[tab];
  return (
    <div class="scroll" ref={box} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <table
        role="grid" aria-rowcount={rows.length + 1} aria-label={words.say(tab)} tabIndex={0}
        aria-activedescendant={chosen >= from && chosen < to ? `row-${chosen}` : undefined} onKeyDown={keyed}
      >
        <thead>
          <tr>
            {heads.map(({ head }, k) => (
              <th key={head} scope="col" aria-sort={order?.column === k ? (order.down ? "descending" : "ascending") : "none"}>
                <Button onClick={() => sort(tab, k)}>
                  {words.say(head)}
                  <span aria-hidden="true">{order?.column === k ? (order.down ? " ▾" : " ▴") : ""}</span>
                </Button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {from > 0 && <tr role="presentation" style={{ height: `${from * ROW_PX}px` }} />}
          {rows.slice(from, to).map((row, k) => (
            <tr
              key={row.id} id={`row-${from + k}`} aria-rowindex={from + k + 2} aria-selected={from + k === chosen}
              onClick={() => row.kind && app.select({ kind: row.kind, id: row.id })}
            >
              {row.columns().map((column) => (
                <td key={column.head} class={column.tone} dir={column.latin ? "ltr" : undefined}>{column.text(now)}</td>
              ))}
            </tr>
          ))}
          {to < rows.length && <tr role="presentation" style={{ height: `${(rows.length - to) * ROW_PX}px` }} />}
        </tbody>
      </table>
    </div>
  );
}

function sort(tab: Tab, column: number): void {
  const old = sorting.value[tab];
  const next = old?.column !== column ? { column, down: false } : old.down ? undefined : { column, down: true };
  const { [tab]: _, ...others } = sorting.value;
  sorting.value = next ? { ...others, [tab]: next } : others;
}

function keyed(event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  step(by);
}
