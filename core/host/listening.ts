import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Account } from "../accounts/account.js";
import type { Leisure } from "../auth/leisure.js";
import type { Outages } from "../auth/outages.js";
import type { Credentials } from "../auth/vault.js";
import { bucketsOfSocket } from "../client/buckets.js";
import { createClient } from "../client/create-client.js";
import type { EventName, TimelineName } from "../events/event.js";
import { listen, type ListenTiming } from "../events/listen.js";
import { leastPollMs } from "../events/polling.js";
import type { Member, SharedStreams } from "../events/shared-streams.js";
import { isShared, subscriptionsFor } from "../events/subscriptions.js";
import { isSharedTimeline, timelinesIn } from "../events/timelines.js";
import { expandScopes } from "../mastodon/scopes.js";
import type { AccountOutlet } from "./account-outlet.js";
import { CatchUp, type CatchUpOptions } from "./catch-up.js";
import type { Deliveries } from "./deliveries.js";
import { Hearings } from "./hearings.js";
import { ServerGate, streamingOrigin } from "./server-gate.js";
import type { Servers } from "./servers.js";
import type { SessionStatus } from "./session-status.js";

const hearAgainMs = 10_000;
/** A verification takes less, also where the account was looked at just before. */
const verifiedWithinMs = 120_000;

/** A socket that is opened or opened again counts, on servers that count by address. People wait for what it brings. */
function roomForSocket({ budget }: AccountOutlet, signal: AbortSignal): Promise<void> | undefined {
  const ask = { name: "streaming", buckets: bucketsOfSocket, writer: undefined, isUrgent: true, deadline: Infinity };
  return budget.take({ ...ask, signal });
}

type Telling = Pick<Member, "accessToken" | "catchUp" | "onEvent" | "onRefused">;

/** What listening for an account needs. */
interface ListeningOptions {
  readonly account: Account;
  readonly outlet: AccountOutlet;
  readonly servers: Servers;
  readonly outages: Outages;
  /** Of the process. */
  readonly shared: SharedStreams;
  readonly status: SessionStatus;
  readonly deliveries: Deliveries;
  /** Of the process. */
  readonly leisure: Leisure;
  readonly userAgent: string;
  readonly timing: Partial<ListenTiming>;
  readonly logger: Logger;
}

/** Keeps an account hearing what its riders asked for, and hands it to their deliveries. */
export class Listening {
  readonly #options: ListeningOptions;
  /** Who waits for the token to be verified. */
  readonly #unverified: (() => void)[] = [];

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  /** Hears until the signal aborts. What goes wrong is tried again. */
  async keepOn(wanted: ReadonlySet<EventName>, credentials: Credentials, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#hear(wanted, credentials, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.logger.warn({ err: error }, "cannot listen at the moment");
        await sleep(hearAgainMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The account's token was verified, and is good. */
  verified(): void {
    for (const resolve of this.#unverified.splice(0)) resolve();
  }

  async #hear(wanted: ReadonlySet<EventName>, credentials: Credentials, signal: AbortSignal): Promise<void> {
    const { account, logger, outages, outlet, servers, shared, status, timing, userAgent } = this.#options;
    const permitted = expandScopes(credentials.scopes);
    const caller = { rider: "howdah", permitted, record: undefined, signal, deadline: Infinity };
    const client = createClient<"read">(outlet, caller);
    const info = await servers.info(account.server);
    const subscriptions = subscriptionsFor(wanted, info.software);
    // A server without streaming is polled, for each account by itself.
    const together = info.streaming === undefined ? [] : subscriptions.filter(isShared);
    const own = subscriptions.filter((subscription) => !together.includes(subscription));
    const reads = (timeline: TimelineName) => together.length === 0 || !isSharedTimeline(timeline);
    const catchUp = await this.#catchUp({ client, signal, reads, readsNotifications: true });
    const gate =
      info.streaming === undefined
        ? undefined
        : new ServerGate(outages, streamingOrigin(info.streaming), (until) => roomForSocket(outlet, until));
    const hearings = new Hearings((hearing) => status.hears(hearing));
    if (info.streaming !== undefined && together.length > 0) {
      const rest = await this.#catchUp({ client, signal, reads: isSharedTimeline, readsNotifications: false });
      const member = { ...this.#telling(rest, signal), subscriptions: together, signal, onHearing: hearings.way() };
      shared.join(account.server, info.streaming, member, { userAgent, gate, timing, log: logger });
    }
    // Not waited for here: what this needed to begin is let go.
    return listen({
      ...this.#telling(catchUp, signal),
      info,
      subscriptions: () => own,
      gate,
      timing,
      userAgent,
      signal,
      onHearing: hearings.way(),
      leastPollMs: async () => leastPollMs(await outlet.budget.rows(), timelinesIn(wanted).length + 1, Date.now()),
      log: logger,
    });
  }

  async #catchUp(options: Omit<CatchUpOptions, "deliveries" | "log">): Promise<CatchUp> {
    const { client, reads, readsNotifications, signal } = options;
    const { deliveries, logger: log } = this.#options;
    const catchUp = new CatchUp({ client, reads, readsNotifications, signal, deliveries, log });
    await catchUp.open();
    return catchUp;
  }

  /** What the account's own socket and the one that it shares have in common. */
  #telling(catchUp: CatchUp, signal: AbortSignal): Telling {
    const { account, deliveries, leisure, outages, outlet, status } = this.#options;
    const gate = new ServerGate(outages, account.server);
    return {
      accessToken: () => outlet.accessToken(),
      catchUp: async (isAfterGap) => {
        // Of a fleet that starts, every account streams before the first one reads what it missed.
        if (isAfterGap) await leisure.moment();
        signal.throwIfAborted();
        return gate.through(signal, () => catchUp.run(isAfterGap));
      },
      onEvent: (event) => {
        status.heard();
        deliveries.hear(event);
      },
      onRefused: () => this.#refused(signal),
    };
  }

  /** Resolves when the token that was refused has been verified; if it is bad, the signal aborts. */
  async #refused(signal: AbortSignal): Promise<void> {
    const verified = new Promise<void>((resolve) => this.#unverified.push(resolve));
    this.#options.outlet.tokenRefused();
    const patience = sleep(verifiedWithinMs, undefined, { signal, ref: false }).catch(() => undefined);
    await Promise.race([verified, patience]);
  }
}
