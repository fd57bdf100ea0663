/**
 * The record: the station's messages of the past, played through the same reducer as the live ones.
 *
 * Stretches are fetched as they are needed; pictures are kept as checkpoints, so that moving the slider costs a few messages.
 */
import { EMPTY, reduce, type Picture } from "./picture";
import type { Density, Message } from "./protocol";

/** How much of the record is fetched at a time, and how far before a moment a stretch begins (trails need some past). */
const STRETCH_MS = 60_000;
const CHECKPOINT_EVERY = 25;
/** Stretches kept, and how many told things in them together (some 300 bytes each); the ones longest unused go first, but for two. */
const KEPT = 24;
const KEPT_THINGS = 150_000;
const KEPT_LEAST = 2;

export type Fetch = (path: string) => Promise<unknown>;

interface Stretch {
  /** The station's time when it was fetched: what came later is not in it. */
  until: number;
  messages: Message[];
  checkpoints: Picture[];
  things: number;
}

export class Recording {
  private readonly stretches = new Map<number, Promise<Stretch>>();
  /** How many things the stretches that have come hold. */
  private readonly things = new Map<number, number>();

  constructor(
    private readonly fetch: Fetch, private readonly now: () => number = () => Infinity, private readonly kept_things = KEPT_THINGS,
  ) {}

  /** How many detections and warnings there are over time. */
  async density(from_utc_ms: number, to_utc_ms: number, bins: number): Promise<Density> {
    return (await this.fetch(
      `api/density?from_utc_ms=${Math.floor(from_utc_ms)}&to_utc_ms=${Math.ceil(to_utc_ms)}&bins=${bins}`,
    )) as Density;
  }

  /** The picture at a moment of the past. */
  async at(utc_ms: number): Promise<Picture> {
    const stretch = await this.stretch(Math.floor(utc_ms / STRETCH_MS) * STRETCH_MS, utc_ms);
    return pictureAt(stretch.messages, stretch.checkpoints, utc_ms);
  }

  /** All pictures between two moments, in order (for trails and for playing). */
  async between(from_utc_ms: number, to_utc_ms: number): Promise<Picture[]> {
    const pictures: Picture[] = [];
    for (let start = Math.floor(from_utc_ms / STRETCH_MS) * STRETCH_MS; start <= to_utc_ms; start += STRETCH_MS) {
      const stretch = await this.stretch(start, Math.min(to_utc_ms, start + STRETCH_MS));
      let picture = pictureAt(stretch.messages, stretch.checkpoints, Math.max(start, from_utc_ms));
      for (const message of stretch.messages) {
        if (message.now_utc_ms <= Math.max(start, from_utc_ms)) continue;
        if (message.now_utc_ms > to_utc_ms) break;
        picture = reduce(picture, message);
        pictures.push(picture);
      }
    }
    return pictures;
  }

  private async stretch(from: number, needed_utc_ms: number): Promise<Stretch> {
    const kept = this.stretches.get(from);
    if (kept) {
      const stretch = await kept;
      if (stretch.until >= needed_utc_ms || stretch.until >= this.now()) {
        this.stretches.delete(from);
        this.stretches.set(from, kept);
        return stretch;
      }
    }
    const asked = this.load(from);
    this.stretches.set(from, asked);
    try {
      const stretch = await asked;
      this.things.set(from, stretch.things);
      return stretch;
    } catch (error) {
      this.stretches.delete(from);
      throw error;
    } finally {
      this.forget();
    }
  }

  /** Let go of the stretches longest unused, until the rest fits. */
  private forget(): void {
    let things = 0;
    for (const from of this.stretches.keys()) things += this.things.get(from) ?? 0;
    for (const oldest of this.stretches.keys()) {
      const few = this.stretches.size <= KEPT && things <= this.kept_things;
      if (few || this.stretches.size <= KEPT_LEAST) break;
      things -= this.things.get(oldest) ?? 0;
      this.stretches.delete(oldest);
      this.things.delete(oldest);
    }
  }

  private async load(from: number): Promise<Stretch> {
    const until = Math.min(this.now(), from + STRETCH_MS);
    const answer = await this.fetch(`api/events?from_utc_ms=${from}&to_utc_ms=${from + STRETCH_MS}`);
    const messages = messagesOf(answer);
    return { until, messages, checkpoints: checkpointsOf(messages), things: thingsIn(messages) };
  }
}

/** The messages of an answer: a list, or an object that holds one. */
export function messagesOf(answer: unknown): Message[] {
  const list = Array.isArray(answer) ? answer : ((answer as { messages?: unknown })?.messages ?? []);
  return (list as Message[]).filter((message) => typeof message?.type === "string");
}

/** How many things messages tell of: the measure of what they take in memory. */
export function thingsIn(messages: readonly Message[]): number {
  let things = 0;
  for (const message of messages)
    for (const part of Object.values(message)) if (Array.isArray(part)) things += part.length;
  return things;
}

/** A picture every so many messages, so that a moment is reached in few steps. */
export function checkpointsOf(messages: readonly Message[]): Picture[] {
  const kept: Picture[] = [];
  let picture = EMPTY;
  messages.forEach((message, k) => {
    if (k % CHECKPOINT_EVERY === 0) kept.push(picture);
    picture = reduce(picture, message);
  });
  return kept;
}

/** The picture at a moment: the nearest checkpoint before it, and the messages since. */
export function pictureAt(messages: readonly Message[], checkpoints: readonly Picture[], utc_ms: number): Picture {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.now_utc_ms ?? Infinity) <= utc_ms) low = middle + 1;
    else high = middle;
  }
  const block = Math.min(Math.floor(low / CHECKPOINT_EVERY), checkpoints.length - 1);
  let picture = checkpoints[block] ?? EMPTY;
  for (let k = Math.max(0, block) * CHECKPOINT_EVERY; k < low; k++) {
    const message = messages[k];
    if (message) picture = reduce(picture, message);
  }
  return picture;
}
