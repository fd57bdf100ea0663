/** The line to the station: it comes back by itself and asks for what it missed. */
import type { Message } from "./protocol";

export interface Line {
  close(): void;
}

const RETRY_MS = [250, 500, 1_000, 2_000];

/** Open the stream; `last` tells the boot and sequence last seen, so that only the deltas since need be sent. */
export function openStream(
  base: string, last: () => { boot_id: string; seq: number }, hear: (message: Message) => void,
): Line {
  let socket: WebSocket | null = null;
  let closed = false;
  let failures = 0;
  let timer = 0;

  function connect(): void {
    const { boot_id, seq } = last();
    const address = new URL("api/stream", base);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    if (boot_id) address.search = new URLSearchParams({ boot_id, seq: String(seq) }).toString();
    socket = new WebSocket(address);
    socket.onmessage = (event: MessageEvent<string>): void => {
      failures = 0;
      const message = parse(event.data);
      if (message) hear(message);
    };
    socket.onclose = (): void => {
      if (closed) return;
      const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 2_000;
      timer = window.setTimeout(connect, wait);
    };
  }

  connect();
  return {
    close(): void {
      closed = true;
      window.clearTimeout(timer);
      socket?.close();
    },
  };
}

/** Read a message; what is no message is passed over, the picture's age will tell if nothing else comes. */
export function parse(text: string): Message | null {
  try {
    const message = JSON.parse(text) as Message;
    return typeof message.type === "string" && typeof message.now_utc_ms === "number" ? message : null;
  } catch {
    return null;
  }
}
