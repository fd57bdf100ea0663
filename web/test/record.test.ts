import { describe, expect, it } from "vitest";
import { Recording, thingsIn } from "../src/record";
import type { Message } from "../src/protocol";

const MINUTE = 60_000;

/** A record of the station that tells of so many tracks in each stretch, and what was asked of it. */
function station(tracks: number): { asked: number[]; record: Recording } {
  const asked: number[] = [];
  const fetch = async (path: string): Promise<unknown> => {
    const from = Number(new URLSearchParams(path.split("?")[1]).get("from_utc_ms"));
    asked.push(from / MINUTE);
    const told = Array.from({ length: tracks }, (_, k) => ({ track_id: `T${k}` }));
    return [{ type: "snapshot", seq: 1, now_utc_ms: from, tracks: told }];
  };
  return { asked, record: new Recording(fetch, () => Infinity, 150) };
}

async function visit(record: Recording, ...minutes: number[]): Promise<void> {
  for (const minute of minutes) await record.at(minute * MINUTE + 10);
}

describe("what is kept of the record", () => {
  it("is asked for once while it is kept", async () => {
    const { asked, record } = station(3);
    await visit(record, 1, 2, 1, 2);
    expect(asked).toEqual([1, 2]);
    expect((await record.at(MINUTE + 10)).tracks.size).toBe(3);
  });

  it("is bounded by what is told in it, the longest unused going first", async () => {
    const { asked, record } = station(60);
    await visit(record, 1, 2, 1, 3, 1, 2);
    expect(asked).toEqual([1, 2, 3, 2]);
  });

  it("holds two stretches however much is told in them, since playing needs the last and the next", async () => {
    const { asked, record } = station(200);
    await visit(record, 1, 2, 1, 2, 3, 2, 1);
    expect(asked).toEqual([1, 2, 3, 1]);
  });

  it("is asked for again after the station could not be reached", async () => {
    let fails = true;
    const record = new Recording(async () => {
      if (fails) throw new Error("503");
      return [];
    });
    await expect(record.at(MINUTE)).rejects.toThrow("503");
    fails = false;
    expect((await record.at(MINUTE)).tracks.size).toBe(0);
  });

  it("counts everything in lists", () => {
    const message = { type: "delta", seq: 2, now_utc_ms: 1, tracks: [{}, {}], zones: [{}] } as unknown as Message;
    expect(thingsIn([message, message])).toBe(6);
  });
});
