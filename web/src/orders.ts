/** What came of a person's order, and how it is said: "carried out" only where the station says so. */
import type { Words } from "./words";

/** Refused (`wrong`), waiting for a second person, or told; `but` is what did not go as it should. */
export interface Came {
  wrong: string | null;
  waits_s: number | null;
  carried_out: boolean;
  but: string | null;
}

interface OrderAnswer {
  carried_out?: boolean;
  detail?: string;
  waits_for_second_person_s?: number;
}

/** Read the station's answer to an order or a confirmation. */
export function came({ wrong, body }: { wrong: string | null; body: unknown }): Came {
  const said = body as OrderAnswer | null;
  const waits_s = said?.waits_for_second_person_s ?? null;
  return { wrong, waits_s, carried_out: said?.carried_out === true, but: (wrong ? null : said?.detail) ?? null };
}

/** Whether there is nothing to say of it but that it was carried out. */
export function isPlain(of: Came): boolean {
  return of.carried_out && of.wrong === null && of.but === null;
}

/** Say what came of an order, with what failed beside it. */
export function outcome(words: Words, of: Came): string {
  if (of.wrong) return words.say("not_saved", { why: of.wrong });
  if (of.waits_s) return words.say("waits_second", { s: of.waits_s });
  if (!of.carried_out) return words.say("told_only", { why: of.but ?? "" });
  return of.but ? words.say("carried_out_but", { why: of.but }) : words.say("carried_out");
}
