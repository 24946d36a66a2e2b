import type { InjectionToken } from "tsyringe";
import { NetworkError, type NetworkFailure } from "../errors.js";
import type { Answer } from "../mastodon/http.js";

/** Whether a server may be asked now: as usual, as the one that finds out whether it is back, or later. */
export type Admission = "go" | "probe" | Waiting;

/** Not now. */
export interface Waiting {
  /** When to ask for admission again, in milliseconds since the epoch of this host. */
  readonly waitUntil: number;
  /** What the last one who asked the server found. */
  readonly reason: string;
}

/**
 * What the whole fleet knows about servers that are down. A server that fails is asked by one process at a time, with
 * growing pauses; when it answers, the others are let in by and by. Whoever is admitted reports what came of it. A
 * server that was not heard of is up.
 */
export interface Outages {
  /** To be asked for before a connection, stream or request that is worth holding back. */
  admission(server: string): Promise<Admission>;
  /** The server answered, whatever it said. */
  answered(server: string): Promise<void>;
  /** It did not. `surely`: one such failure is enough; of others, three in a row without an answer are. */
  failed(server: string, reason: string, surely: boolean): Promise<void>;
}

/** The injection token of the outages. */
export const OutagesToken: InjectionToken<Outages> = Symbol("Outages");

/** The server was not asked: others wait for it too, and found why; or it is a {@link UsedUpError}. */
export class NotAskedError extends NetworkError {
  readonly waiting: Waiting;

  constructor(server: string, waiting: Waiting) {
    super(`${server} was not asked: ${waiting.reason}`, "other", false, {
      cure: "nothing: it is asked again by itself",
    });
    this.waiting = waiting;
  }
}

/** The server was not asked: the fleet has used up what it may ask from this address for now. */
export class UsedUpError extends NotAskedError {
  constructor(server: string, waitUntil: number) {
    super(server, { waitUntil, reason: "what the fleet may ask of it from this address is used up for now" });
  }
}

/** What came of asking a server: an answer, or the failure below HTTP. */
export type Asked = Pick<Answer, "status" | "body"> | NetworkError;

/** Failures that no single connection or account can have alone. */
const whole: ReadonlySet<NetworkFailure> = new Set(["dns", "refused", "certificate"]);
/** Failures of which the server knows nothing: it was given up, or its time was up while others were in line before it. */
const ours: ReadonlySet<NetworkFailure> = new Set(["aborted", "unasked"]);

/**
 * What an answer, or its absence, says about the server as a whole: that it is up, perhaps or surely down, or nothing.
 * A 5xx or a time-out may be one account's own trouble, a cut one connection's, so they are not sure.
 */
export function aboutServer(asked: Asked): "up" | "perhaps down" | "down" | "nothing" {
  if (!(asked instanceof NetworkError)) return asked.status >= 500 ? "perhaps down" : "up";
  if (asked instanceof NotAskedError || ours.has(asked.failure)) return "nothing";
  return whole.has(asked.failure) ? "down" : "perhaps down";
}
