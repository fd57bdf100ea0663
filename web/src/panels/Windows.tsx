/** The windows over the page: settings, keys, a note, why an alarm was given. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as app from "../app";
import { annotate, operator, setOperator } from "../hands";
import { KEYS } from "../keyboard";
import type { Sound } from "../cues";
import { play } from "../sound";
import { LAYERS, THEMES, type View } from "../view";
import { PACKS } from "../words";
import { open } from "./dialogs";
import { HandoverWindow } from "./Handover";
import { People } from "./People";
import { Practice } from "./Practice";
import { Button, Choice, Dialog } from "./parts";

const close = (): void => void (open.value = null);

export function Windows(): JSX.Element | null {
  const what = open.value;
  switch (what?.what) {
    case "help": return <Help />;
    case "settings": return <Settings />;
    case "handover": return <HandoverWindow />;
    case "people": return <People />;
    case "practice": return <Practice />;
    case "note": return <NoteWindow target={what.target} />;
    case "why": return <Why title={app.words.value.say("why_title")} path={`api/explain/${encodeURIComponent(what.warning_id)}?`} />;
    case "why_not": return <Why title={app.words.value.say("why_not")} path={`api/why-not/${encodeURIComponent(what.zone_id)}?${momentAsked()}`} />;
    default: return null;
  }
}

function Help(): JSX.Element {
  const words = app.words.value;
  return (
    <Dialog title={words.say("help")} onClose={close}>
      <dl class="keys">
        {KEYS.map(({ shown, word }) => <div key={word}><dt><kbd dir="ltr">{shown}</kbd></dt><dd>{words.say(word)}</dd></div>)}
      </dl>
    </Dialog>
  );
}

function Settings(): JSX.Element {
  const words = app.words.value;
  const view = app.view.value;
  const set = (change: Partial<View>) => (): void => app.look(change);
  return (
    <Dialog title={words.say("settings")} onClose={close}>
      <div class="settings">
        <Choice label={words.say("language")} value={view.lang} onChange={(lang) => app.look({ lang, digits: null })}
          options={[...PACKS.values()].map((pack) => ({ value: pack.code, text: pack.name }))} />
        <Choice label={words.say("digits")} value={words.digits} onChange={(digits) => app.look({ digits })}
          options={(["latn", "arab"] as const).map((value) => ({ value, text: words.say(`digits.${value}`) }))} />
        <Choice label={words.say("theme")} value={view.theme} onChange={(theme) => app.look({ theme })}
          options={THEMES.map((value) => ({ value, text: words.say(`theme.${value}`) }))} />
        <Choice label={words.say("symbols")} value={view.symbols} onChange={(symbols) => app.look({ symbols })}
          options={(["civil", "military"] as const).map((value) => ({ value, text: words.say(`symbols.${value}`) }))} />
        <fieldset>
          <legend>{words.say("layers")}</legend>
          {LAYERS.map((layer) => (
            <label key={layer}>
              <input type="checkbox" checked={view.layers.includes(layer)}
                onChange={(event) => app.look({ layers: event.currentTarget.checked ? [...view.layers, layer] : view.layers.filter((l) => l !== layer) })} />
              {words.say(`layer.${layer}`)}
            </label>
          ))}
        </fieldset>
        <label class="choice">
          <span>{words.say("operator")}</span>
          <input value={operator()} placeholder={words.say("operator_ask")} onInput={(event) => setOperator(event.currentTarget.value)} />
        </label>
        <div class="hands">
          {(["console", "wall", "guard", "setup"] as const).map((mode) => (
            <Button key={mode} pressed={view.mode === mode} onClick={set({ mode })}>{words.say(mode)}</Button>
          ))}
        </div>
        <div class="hands">
          <Button keys="d" onClick={() => (open.value = { what: "practice" })}>{words.say("practice")}</Button>
          <Button keys="h" onClick={() => (open.value = { what: "handover" })}>{words.say("hand_over")}</Button>
        </div>
        <fieldset>
          <legend>{words.say("sound_test")}</legend>
          <div class="hands">
            {(["rocket", "drone", "prepare", "all_clear", "no_picture", "trouble"] as Sound[]).map((sound) => (
              <Button key={sound} onClick={() => play(sound)}>{soundName(sound)}</Button>
            ))}
          </div>
        </fieldset>
      </div>
    </Dialog>
  );
}

function soundName(sound: Sound): string {
  const words = app.words.value;
  if (sound === "no_picture" || sound === "trouble") return words.say(sound);
  return sound === "rocket" || sound === "drone" ? words.name("hazard", sound) : words.name("level", sound);
}

function NoteWindow({ target }: { target: string }): JSX.Element {
  const words = app.words.value;
  const [text, setText] = useState("");
  const [who, setWho] = useState(operator());
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    setOperator(who);
    if (text.trim() && (await annotate(target, text.trim()))) close();
  };
  return (
    <Dialog title={words.say("note_for", { target })} onClose={close}>
      <form class="settings" onSubmit={(event) => void save(event)}>
        <label class="choice">
          <span>{words.say("note")}</span>
          <textarea rows={4} value={text} autoFocus dir="auto" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <label class="choice">
          <span>{words.say("operator")}</span>
          <input value={who} placeholder={words.say("operator_ask")} onInput={(event) => setWho(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary">{words.say("save")}</button>
      </form>
    </Dialog>
  );
}

/** In the record the half hour before the moment shown is told, live the one before now. */
function momentAsked(): string {
  const at = app.view.value.at_utc_ms;
  return at === null ? "" : `at_utc_ms=${Math.round(at)}&`;
}

function Why({ title, path }: { title: string; path: string }): JSX.Element {
  const words = app.words.value;
  const [text, setText] = useState("…");
  const lang = words.pack.code;
  useEffect(() => {
    app.ask(`${path}lang=${lang}`).then(
      (answer) => setText(explanation(answer)), (error: unknown) => setText(String(error)),
    );
  }, [path, lang]);
  return (
    <Dialog title={title} onClose={close}>
      <p class="why" dir="auto">{words.numeralsOf(text)}</p>
    </Dialog>
  );
}

/** The words of an explanation, whichever way the station wraps them. */
export function explanation(answer: unknown): string {
  if (typeof answer === "string") return answer;
  const said = (answer ?? {}) as { text?: unknown; lines?: unknown };
  if (typeof said.text === "string") return said.text;
  return Array.isArray(said.lines) ? said.lines.join("\n") : JSON.stringify(answer);
}
