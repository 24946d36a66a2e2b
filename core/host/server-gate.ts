import { setTimeout as sleep } from "node:timers/promises";
import { aboutServer, type Asked, type Outages } from "../auth/outages.js";
import { NetworkError, ServerRefusedError } from "../errors.js";
import type { Gate } from "../events/listen.js";
import type { StreamEnd } from "../mastodon/stream.js";

/** So long at least until admission is asked for again. */
const shortestWaitMs = 100;

/** The way to one server: while it is down, one of the fleet tries it, and when it is back, not all come at once. */
export class ServerGate implements Gate {
  readonly #outages: Outages;
  readonly #origin: string;
  readonly #room: (signal: AbortSignal) => Promise<void> | undefined;

  /**
   * `origin`: of the API, or of the streaming API where that stands elsewhere. `room` waits until the server's limits
   * leave some, for what does not come by the outgoing chain.
   */
  constructor(
    outages: Outages,
    origin: string,
    room: (signal: AbortSignal) => Promise<void> | undefined = () => undefined,
  ) {
    this.#outages = outages;
    this.#origin = origin;
    this.#room = room;
  }

  async enter(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      // A Redis that is away holds nobody up: that is not what it says.
      const admission = await this.#outages.admission(this.#origin).catch(() => "go" as const);
      if (typeof admission === "string") return this.#room(signal);
      await sleep(Math.max(shortestWaitMs, admission.waitUntil - Date.now()), undefined, { signal });
    }
  }

  answered(): void {
    this.#told(this.#outages.answered(this.#origin));
  }

  failed(end: StreamEnd): void {
    if (end.kind === "refused") this.#report({ status: end.status, body: undefined }, `it answered ${end.status}`);
    if (end.kind === "network") this.#report(new NetworkError(end.message, end.failure, false), end.message);
  }

  /** Reads from the server when it is this account's turn, and tells the fleet what came of it. */
  async through<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> {
    await this.enter(signal);
    try {
      const result = await read();
      this.answered();
      return result;
    } catch (error) {
      if (error instanceof NetworkError) this.#report(error, error.message);
      if (error instanceof ServerRefusedError) this.#report({ status: error.status, body: undefined }, error.message);
      throw error;
    }
  }

  #report(asked: Asked, reason: string): void {
    const about = aboutServer(asked);
    if (about === "up") return this.answered();
    if (about !== "nothing") this.#told(this.#outages.failed(this.#origin, reason, about === "down"));
  }

  /** What cannot be told now is found out by the next one. */
  #told(telling: Promise<void>): void {
    telling.catch(() => undefined);
  }
}

/** The origin of a streaming API, as HTTP writes it: mostly the server's own. */
export function streamingOrigin(base: string): string {
  const url = new URL(base);
  url.protocol = url.protocol === "wss:" ? "https:" : "http:";
  return url.origin;
}
