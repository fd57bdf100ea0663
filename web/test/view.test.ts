import { describe, expect, it } from "vitest";
import { FIRST, readView, writeView, type View } from "../src/view";

describe("a view and its address", () => {
  const views: Partial<View>[] = [
    {}, { lang: "ar", digits: "latn", theme: "night", mode: "wall" }, { selected: { kind: "launch", id: "E:1/é&#" }, tab: "launches" },
    { at_utc_ms: Date.UTC(2026, 2, 14, 18, 2, 11, 400), playing: true, rate: 4 }, { map: { lat: 30.61999, lon: -46.35, zoom: 12.25 } },
    { layers: ["coverage", "relief"], zone: "camp-2", mode: "guard" },
  ];
  it.each(views)("are the same there and back: %o", (change) => {
    const view = { ...FIRST, ...change };
    expect(readView(writeView(view), FIRST)).toEqual(view);
  });
  it("takes a moment in milliseconds or in words", () => {
    expect(readView("#at=1773511331000", FIRST).at_utc_ms).toBe(1773511331000);
    expect(readView("#at=2026-03-14T18:02:11Z", FIRST).at_utc_ms).toBe(1773511331000);
  });
  it("passes over what makes no sense", () => {
    expect(readView("#theme=pink&map=1,x,3&sel=ship:9&at=soon&tab=cheese&rate=900", FIRST)).toEqual(FIRST);
  });
});
