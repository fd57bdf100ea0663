/** The language in use: words, digits, numbers, dates in both calendars. */
import type { Zone } from "../protocol";
import type { Key, Pack } from "./pack";
import { recognise } from "./reasons";

const found = import.meta.glob<{ default: Pack }>("./packs/*.ts", { eager: true });
/** All packs by their code. */
export const PACKS: ReadonlyMap<string, Pack> = new Map(Object.values(found).map(({ default: pack }) => [pack.code, pack]));

export type Digits = "latn" | "arab";

/** What is said in other words where it fills a blank of a reason: the family of those words by the blank's name. */
const FAMILY: Readonly<Record<string, string>> = { level: "level", kind: "message_kind", role: "role", role2: "role" };

/** First strong isolate and pop: keep a Latin name or number from turning the Arabic around it. */
const isolate = (text: string): string => `\u2068${text}\u2069`;

const RIGHT_TO_LEFT = /[\u0590-\u08ff]/;

/** Everything that turns data into text; one is made for each choice of language and digits. */
export class Words {
  readonly pack: Pack;
  readonly digits: Digits;
  private readonly clocks = new Map<string, Intl.DateTimeFormat>();
  private readonly numbers = new Map<number, Intl.NumberFormat>();

  constructor(code: string, digits?: Digits | null) {
    const pack = PACKS.get(code) ?? PACKS.get("en");
    if (pack === undefined) throw new Error("there is no English pack");
    this.pack = pack;
    this.digits = digits ?? pack.digits;
  }

  private locale(calendar = "gregory"): string {
    // British order and 24 hours for English
    const base = this.pack.code === "en" ? "en-GB" : this.pack.code;
    return `${base}-u-nu-${this.digits}-ca-${calendar}-hc-h23`;
  }

  /** Say a word, with its blanks filled in. */
  say(key: Key, blanks: Record<string, string | number> = {}): string {
    return this.pack.words[key].replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = blanks[name];
      return value === undefined ? "" : typeof value === "number" ? this.number(value) : this.inserted(value);
    });
  }

  /** A text put into another: kept apart where one of them runs from right to left. */
  private inserted(text: string): string {
    return this.pack.dir === "rtl" || RIGHT_TO_LEFT.test(text) ? isolate(text) : text;
  }

  /** Say a word of a family ("level." + "watch"); a value that no pack knows is shown as it came. */
  name(family: string, value: string): string {
    return (this.pack.words as Record<string, string>)[`${family}.${value}`] ?? value;
  }

  /** Say a reason or a receipt of the station's, which it gives in English; null if the packs do not know it. */
  reason(text: string): string | null {
    const found = recognise(text);
    if (!found) return null;
    return this.pack.words[found.key].replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = found.blanks[name] ?? "";
      if (/^[+-]?[\d.]+$/.test(value)) return isolate(this.digitsOf(value));
      const family = FAMILY[name];
      if (family) return this.name(family, value);
      return name === "why" ? (this.reason(value) ?? isolate(value)) : isolate(value);
    });
  }

  number(value: number, decimals = 0): string {
    let format = this.numbers.get(decimals);
    if (!format) {
      format = new Intl.NumberFormat(this.locale(), { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
      this.numbers.set(decimals, format);
    }
    return format.format(value);
  }

  /** Put a text's Latin digits into the chosen ones (grid references, identifiers keep theirs). */
  digitsOf(text: string): string {
    return this.digits === "arab" ? text.replace(/[0-9]/g, (d) => String.fromCharCode(0x0660 + Number(d))) : text;
  }

  /** Put the numbers and times of a text into the chosen digits; what belongs to a name, a hash or an address keeps its own. */
  numeralsOf(text: string): string {
    if (this.digits !== "arab") return text;
    const numbers = /(?<![\w.:-])\d+(?::\d\d)*(?:\.\d+)?(?![\w]|[.:-]\d)/g;
    return text.replace(numbers, (number) => this.digitsOf(number.replace(".", "٫"))).replace(/(?<=[٠-٩]) %/g, "٪");
  }

  percent(share: number): string {
    return `${this.number(share * 100)}${this.digits === "arab" ? "٪" : " %"}`;
  }

  metres(value: number): string {
    const [unit, kilo] = this.pack.code === "ar" ? ["م", "كم"] : ["m", "km"];
    if (value >= 10_000) return `${this.number(value / 1000)} ${kilo}`;
    if (value >= 1_000) return `${this.number(value / 1000, 1)} ${kilo}`;
    return `${this.number(value >= 100 ? Math.round(value / 10) * 10 : value)} ${unit}`;
  }

  degrees(value: number, decimals = 0): string {
    return `${this.number(value, decimals)}°`;
  }

  /** "4 s", "3:05", "2:10:00": how long. */
  span(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 100) return this.say("seconds_one", { a: whole });
    const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    return this.digitsOf(shown.map((part, k) => (k ? String(part).padStart(2, "0") : String(part))).join(":"));
  }

  private stamp(name: string, utc_ms: number, calendar: string, options: Intl.DateTimeFormatOptions): string {
    const key = `${name}/${calendar}`;
    let format = this.clocks.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(this.locale(calendar), { timeZone: "UTC", ...options });
      this.clocks.set(key, format);
    }
    return format.format(utc_ms);
  }

  clock(utc_ms: number): string {
    return this.stamp("clock", utc_ms, "gregory", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  gregorian(utc_ms: number): string {
    return this.stamp("date", utc_ms, "gregory", { day: "numeric", month: "long", year: "numeric" });
  }

  /** The date of the Umm al-Qura calendar. */
  hijri(utc_ms: number): string {
    return this.stamp("date", utc_ms, "islamic-umalqura", { day: "numeric", month: "long", year: "numeric" });
  }

  /** A zone's name in this language, or in the other if it has none. */
  zone(zone: Zone | undefined, id: string): string {
    if (!zone) return id;
    return (this.pack.code === "ar" ? zone.name_ar || zone.name : zone.name || zone.name_ar) || id;
  }
}
