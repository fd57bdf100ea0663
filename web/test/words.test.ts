import { describe, expect, it } from "vitest";
import { PACKS, Words } from "../src/words";
import { ENGLISH } from "../src/words/packs/en";

const AT = Date.UTC(2026, 2, 14, 18, 2, 11);

describe("language packs", () => {
  it.each([...PACKS.values()])("$code has every word and every blank of the English one", (pack) => {
    expect(Object.keys(pack.words).sort()).toEqual(Object.keys(ENGLISH).sort());
    const blanks = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const [key, english] of Object.entries(ENGLISH)) {
      const said = pack.words[key as keyof typeof ENGLISH];
      expect(said.trim(), key).not.toBe("");
      expect(blanks(said), key).toEqual(blanks(english));
    }
  });
  it("has English and Arabic", () => {
    expect([...PACKS.keys()]).toEqual(expect.arrayContaining(["en", "ar"]));
  });
});

describe("words", () => {
  it("write digits as asked, and as the language does by itself", () => {
    expect(new Words("ar").say("seconds", { a: 14, b: 19 })).toBe("١٤–١٩ ث");
    expect(new Words("ar", "latn").say("seconds", { a: 14, b: 19 })).toBe("14–19 ث");
    expect(new Words("en").say("seconds", { a: 14, b: 19 })).toBe("14–19 s");
  });
  it("write the time of day, and the date in both calendars", () => {
    const english = new Words("en");
    expect(english.clock(AT)).toBe("18:02:11");
    expect(english.gregorian(AT)).toBe("14 March 2026");
    expect(english.hijri(AT)).toMatch(/25 Ramadan 1447/);
    expect(new Words("ar").hijri(AT)).toMatch(/٢٥ رمضان ١٤٤٧/);
  });
  it("fall back to English for a language that is not there", () => {
    expect(new Words("xx").say("live")).toBe("Live");
  });
  it("show a value that no pack knows as it came", () => {
    expect(new Words("en").name("kind", "zeppelin")).toBe("zeppelin");
  });
});

describe("numerals of a text", () => {
  it("are put into the chosen digits, those of names, hashes and addresses are not", () => {
    const text = "Z01: 10 % at 15:02:25.9, 34 s, (242785efc40ce76e), L0001, 127.0.0.1:8470, site-7, 0.5.";
    expect(new Words("ar").numeralsOf(text)).toBe("Z01: ١٠٪ at ١٥:٠٢:٢٥٫٩, ٣٤ s, (242785efc40ce76e), L0001, 127.0.0.1:8470, site-7, ٠٫٥.");
    expect(new Words("ar", "latn").numeralsOf(text)).toBe(text);
  });
});
