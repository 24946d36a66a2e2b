import type { Answer } from "../mastodon/http.js";

/** `Date` is cut to the second and answers take their time: what is less than this is no wrong clock. */
const toleratedMs = 60_000;

/** When an answer came, in milliseconds of its server where that says and this host's clock is clearly another. */
export function serverTime(answer: Pick<Answer, "receivedAt" | "serverDate">): number {
  return answer.receivedAt - aheadMs(answer);
}

/**
 * What time it is on the servers, by this host's clock and the `Date` of their answers. Lifetimes of tokens are counted
 * by it: hosts of one fleet may disagree about the time, and one whose clock is wrong must neither renew again and
 * again nor miss an expiry.
 */
export class ServerClock {
  readonly #aheadMs = new Map<string, number>();

  /** Takes the time from an answer of this server. */
  heard(server: string, answer: Pick<Answer, "receivedAt" | "serverDate">): void {
    this.#aheadMs.set(server, aheadMs(answer));
  }

  /** Whether this server's time was ever heard. */
  knows(server: string): boolean {
    return this.#aheadMs.has(server);
  }

  /** Milliseconds since the epoch; by this host's clock alone as long as nothing was heard. */
  now(server: string): number {
    return Date.now() - (this.#aheadMs.get(server) ?? 0);
  }
}

/** How far this host's clock is ahead. */
function aheadMs({ receivedAt, serverDate }: Pick<Answer, "receivedAt" | "serverDate">): number {
  const ahead = serverDate === undefined ? 0 : receivedAt - serverDate;
  return Math.abs(ahead) < toleratedMs ? 0 : ahead;
}
