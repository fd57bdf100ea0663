/** Small pieces that several panels share. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as app from "../app";
import { countdownText } from "../map/features";
import type { Shown } from "../watch";

/** Shapes of the levels, so that none is told by colour alone. */
const MARKS: Record<Shown, string> = {
  clear: "M2 8h12", watch: "M1 8q7-8 14 0q-7 8-14 0zM8 6.2a1.8 1.8 0 1 0 .01 0z", prepare: "M8 1.5 15 14.5H1z M8 6v4 M8 12v.8",
  take_shelter: "M1 8.5 8 2l7 6.5M3 7.5V15h10V7.5M8 15v-4", remain: "M3 2h10v12H3zM6.5 8h3", all_clear: "M2 8.5 6 13 14 3.5",
  unwatched: "M1 8q7-8 14 0q-7 8-14 0zM2 15 14 1",
};

export function LevelMark({ level }: { level: Shown }): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
      <path d={MARKS[level]} fill="none" stroke="currentColor" stroke-width="1.9" stroke-linejoin="round" stroke-linecap="round" />
    </svg>
  );
}

export function LevelBadge({ level }: { level: Shown }): JSX.Element {
  return (
    <span class={`badge level-${level}`}>
      <LevelMark level={level} /> {app.words.value.name("level", level)}
    </span>
  );
}

/** A zone's countdown; it renews itself and nothing around it. */
export function Countdown({ zone_id }: { zone_id: string }): JSX.Element {
  const text = countdownText(app.picture.value, zone_id, app.now_utc_ms.value, app.words.value);
  return <span class="countdown">{text || app.words.value.say("no_time")}</span>;
}

export function Button(props: {
  onClick: () => void; children: ComponentChildren; pressed?: boolean; title?: string; class?: string; keys?: string; disabled?: boolean; label?: string;
}): JSX.Element {
  return (
    <button
      type="button" class={props.class ?? ""} title={props.title} aria-pressed={props.pressed} aria-keyshortcuts={props.keys} aria-label={props.label}
      disabled={props.disabled} onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

export function Choice<T extends string>(props: {
  label: string; value: T; options: readonly { value: T; text: string }[]; onChange: (value: T) => void;
}): JSX.Element {
  return (
    <label class="choice">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value as T)}>
        {props.options.map((option) => (
          <option key={option.value} value={option.value}>{option.text}</option>
        ))}
      </select>
    </label>
  );
}

/** A window over the page; Escape closes it, the focus goes back where it was. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  // a window that made way for another is told later that it was closed: that must not close the other
  const closed = (): void => {
    if (box.current) props.onClose();
  };
  return (
    <dialog ref={box} aria-label={props.title} onClose={closed} onCancel={closed}>
      <header>
        <h2>{props.title}</h2>
        <Button onClick={props.onClose}>{app.words.value.say("close")}</Button>
      </header>
      {props.children}
    </dialog>
  );
}
