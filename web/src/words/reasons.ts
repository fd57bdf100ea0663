/** The station's reasons its channels' receipts and its refusals, which it gives in English sentences, found again among those of the English pack. */
import type { Key } from "./pack";
import { ENGLISH } from "./packs/en";

export interface Recognised {
  key: Key;
  blanks: Record<string, string>;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function form(sentence: string): RegExp {
  const parts = sentence.split(/\{(\w+)\}/);
  return new RegExp(`^${parts.map((part, k) => (k % 2 ? `(?<${part}>.+)` : escaped(part))).join("")}$`);
}

const FORMS: readonly (readonly [Key, RegExp])[] = Object.entries(ENGLISH)
  .filter(([key]) => /^(reason|receipt|refusal)\./.test(key))
  .map(([key, sentence]) => [key as Key, form(sentence)] as const);

/** Find which reason of the pack a sentence is, and what fills its blanks; of several the first in the pack. */
export function recognise(sentence: string): Recognised | null {
  for (const [key, expression] of FORMS) {
    const match = expression.exec(sentence);
    if (match) return { key, blanks: { ...match.groups } };
  }
  return null;
}
