/** Who is at the console, where the station keeps accounts, and the orders that a person may give. */
import { signal } from "@preact/signals";
import * as app from "./app";
import { came, type Came } from "./orders";
import type { Hazard } from "./protocol";

export type Order = "alarm" | "hold" | "cancel" | "correct" | "all_clear";
/** What a correction is about: the hazard was named wrongly, or the warning came late. */
export type Correction = "hazard" | "late";

export interface Waiting {
  order_id: string;
  what: Order;
  zone_ids: string[];
  by: string;
}

export interface Me {
  /** False: the station runs without accounts, on its own machine only. */
  accounts: boolean;
  name: string | null;
  role: string | null;
  waiting: Waiting[];
}

const NOBODY: Me = { accounts: false, name: null, role: null, waiting: [] };
const ASK_EVERY_MS = 5_000;

export const me = signal<Me>(NOBODY);

/** Ask the station who we are, and give whether it answered; a refusal means that it has accounts and that nobody is logged in. */
export async function whoAmI(): Promise<boolean> {
  try {
    const said = (await app.ask("api/me")) as Partial<Me>;
    me.value = { accounts: said.accounts ?? false, name: said.name ?? null, role: said.role ?? null, waiting: said.waiting ?? [] };
  } catch (error) {
    const refused = error instanceof Error && /^40[13]/.test(error.message);
    if (refused) me.value = { ...NOBODY, accounts: true };
    return refused; // else it was not heard: what was known of it stands
  }
  return true;
}

/** Log in; gives what went wrong, or null. */
export async function logIn(name: string, password: string): Promise<string | null> {
  const { wrong, body } = await app.send("api/login", { name, password });
  if (wrong === null) sessionStorage.setItem("marsad-token", (body as { token: string }).token);
  await whoAmI();
  return wrong;
}

export async function logOut(): Promise<void> {
  await app.send("api/logout", {});
  sessionStorage.removeItem("marsad-token");
  await whoAmI();
}

export interface Wish {
  what: Order;
  zone_ids: string[];
  hazard: Hazard;
  note: string;
  confirm: string;
  correction: Correction;
}

/** Give an order; it is carried out at once, or waits for a second person. */
export async function give(wish: Wish): Promise<Came> {
  const answer = await app.send("api/order", wish);
  await whoAmI();
  return came(answer);
}

/** Confirm another person's order. */
export async function confirm(order_id: string): Promise<Came> {
  const answer = await app.send(`api/order/${encodeURIComponent(order_id)}/confirm`, {});
  await whoAmI();
  return came(answer);
}

/** Begin to ask, now and then, as orders of others wait only a minute. */
export function start(): void {
  let answered = false;
  const again = async (): Promise<void> => {
    if (!answered || (me.peek().accounts && app.token())) answered = (await whoAmI()) || answered;
  };
  void again();
  window.setInterval(() => void again(), ASK_EVERY_MS);
}
