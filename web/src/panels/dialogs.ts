/** Which window is open over the page. */
import { signal } from "@preact/signals";

export type Open = { what: "help" } | { what: "settings" } | { what: "people" } | { what: "practice" } | { what: "handover" } | { what: "note"; target: string } | { what: "why"; warning_id: string } | { what: "why_not"; zone_id: string };

export const open = signal<Open | null>(null);
