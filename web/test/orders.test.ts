import { describe, expect, it } from "vitest";
import { came, isPlain, outcome } from "../src/orders";
import { Words } from "../src/words";

const english = new Words("en");
const said = (body: unknown, wrong: string | null = null): string => outcome(english, came({ wrong, body }));

describe("what came of an order", () => {
  it("is carried out only where the station says so", () => {
    expect(said({ order_id: "O1", carried_out: true })).toBe("Carried out.");
    expect(isPlain(came({ wrong: null, body: { carried_out: true } }))).toBe(true);
    expect(said({ carried_out: false, detail: "the record waits" })).toBe("Not carried out in full: the record waits");
    expect(said(null)).not.toContain("Carried out");
  });
  it("says what failed beside it", () => {
    const body = { carried_out: true, detail: "siren:gate did not tell Z01 (no acknowledgement)" };
    expect(said(body)).toBe("Carried out, but: siren:gate did not tell Z01 (no acknowledgement)");
    expect(isPlain(came({ wrong: null, body }))).toBe(false);
  });
  it("waits for a second person, or is refused", () => {
    expect(said({ waits_for_second_person_s: 60 })).toContain("60 s");
    expect(said(null, "log in first")).toContain("log in first");
  });
});
