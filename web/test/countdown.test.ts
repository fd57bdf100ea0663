import { describe, expect, it } from "vitest";
import { advance, read, type Countdown } from "../src/countdown";

const forecast = (t05: number, t95: number, hazard = "rocket") => ({ hazard, t05_utc_ms: t05, t95_utc_ms: t95 });

/** A small generator of its own (mulberry32), so that a failure can be repeated from its seed. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe("the countdown of a zone", () => {
  it("begins anew when another hazard is told: a rocket's time says nothing of a drone", () => {
    const rocket = advance(undefined, forecast(20_000, 37_000), 0);
    const drone = advance(rocket, forecast(56_000, 120_000, "drone"), 1_000);
    expect(read(drone, 1_000)).toEqual({ phase: "before", low_s: 55, high_s: 119 });
    expect(read(advance(drone, forecast(60_000, 130_000, "drone"), 2_000), 2_000)).toEqual({ phase: "before", low_s: 53, high_s: 118 });
  });

  it("says an interval, then that the impact is expected, then how long ago it was", () => {
    const countdown = advance(undefined, forecast(24_000, 29_000), 10_000);
    expect(read(countdown, 10_000)).toEqual({ phase: "before", low_s: 14, high_s: 19 });
    expect(read(countdown, 24_500)).toEqual({ phase: "expected" });
    expect(read(countdown, 41_500)).toEqual({ phase: "after", late_s: 12 });
  });

  it("never says more time than it said before, whatever the forecasts do (500 nights)", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const next = random(seed);
      let countdown: Countdown | undefined;
      let [low, high] = [Infinity, Infinity];
      for (let now = 0; now < 30_000; now += 400) {
        const middle = 32_000 + (next() - 0.5) * 12_000;
        const spread = next() * 8_000;
        countdown = advance(countdown, forecast(middle - spread, middle + spread), now);
        const said = read(countdown, now);
        if (said.phase !== "before") break;
        if (said.low_s > low || said.high_s > high || said.low_s > said.high_s)
          expect.fail(`seed ${seed} at ${now}: ${low}–${high}, then ${said.low_s}–${said.high_s}`);
        [low, high] = [said.low_s, said.high_s];
      }
    }
  });

  it("stands still when the forecast moves later, and falls at once when it moves earlier", () => {
    const first = advance(undefined, forecast(20_000, 22_000), 0);
    const later = advance(first, forecast(27_000, 30_000), 1_000);
    expect(read(later, 1_000)).toEqual({ phase: "before", low_s: 18, high_s: 21 });
    expect(read(later, 8_500)).toEqual({ phase: "before", low_s: 18, high_s: 21 });
    expect(read(later, 12_000)).toEqual({ phase: "before", low_s: 15, high_s: 18 });
    expect(read(advance(later, forecast(15_000, 16_000), 9_000), 9_000)).toEqual({ phase: "before", low_s: 6, high_s: 7 });
  });

  it("does not run down faster than time while the forecast creeps later", () => {
    let countdown = advance(undefined, forecast(30_000, 40_000), 0);
    for (let now = 200; now <= 10_000; now += 200) countdown = advance(countdown, forecast(30_000 + now / 4, 40_000 - now / 4), now);
    expect(read(countdown, 10_000)).toEqual({ phase: "before", low_s: 22, high_s: 28 });
  });

  it("begins anew for the next rocket once the first is past", () => {
    const first = advance(undefined, forecast(20_000, 22_000), 0);
    expect(read(advance(first, forecast(40_000, 44_000), 21_000), 21_000)).toEqual({ phase: "expected" });
    expect(read(advance(first, forecast(40_000, 44_000), 24_000), 24_000)).toEqual({ phase: "before", low_s: 16, high_s: 20 });
  });
});
