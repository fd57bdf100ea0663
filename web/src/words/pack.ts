/** What a language pack is; adding a file to packs/ adds a language. */
import type { ENGLISH } from "./packs/en";

export type Key = keyof typeof ENGLISH;

export interface Pack {
  /** BCP 47 tag, the language's own name for itself, and its direction. */
  code: string;
  name: string;
  dir: "ltr" | "rtl";
  /** Digits that readers expect at first: Latin or Arabic-Indic. */
  digits: "latn" | "arab";
  words: Record<Key, string>;
}
