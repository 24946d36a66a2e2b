import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Account } from "../accounts/account.js";
import type { Credentials } from "../auth/vault.js";
import { createClient } from "../client/create-client.js";
import type { EventName } from "../events/event.js";
import { listen } from "../events/listen.js";
import { leastPollMs } from "../events/polling.js";
import { subscriptionsFor } from "../events/subscriptions.js";
import { timelinesIn } from "../events/timelines.js";
import { expandScopes } from "../mastodon/scopes.js";
import type { AccountOutlet } from "./account-outlet.js";
import { CatchUp } from "./catch-up.js";
import type { Deliveries } from "./deliveries.js";
import { pluginLog } from "./plugin-log.js";
import type { Servers } from "./servers.js";
import type { SessionStatus } from "./session-status.js";

const hearAgainMs = 10_000;

/** What listening for an account needs. */
interface ListeningOptions {
  readonly account: Account;
  readonly outlet: AccountOutlet;
  readonly servers: Servers;
  readonly status: SessionStatus;
  readonly deliveries: Deliveries;
  readonly userAgent: string;
  readonly logger: Logger;
}

/** Keeps an account hearing what its riders asked for, and hands it to their deliveries. */
export class Listening {
  readonly #options: ListeningOptions;

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

  async #hear(wanted: ReadonlySet<EventName>, credentials: Credentials, signal: AbortSignal): Promise<void> {
    const { account, deliveries, logger, outlet, servers, status, userAgent } = this.#options;
    const permitted = expandScopes(credentials.scopes);
    const caller = { rider: "howdah", permitted, record: undefined, signal, deadline: Infinity };
    const client = createClient<"read">(outlet, caller);
    const catchUp = new CatchUp({ client, deliveries, log: pluginLog(logger), signal });
    await catchUp.open();
    const info = await servers.info(account.server);
    await listen({
      info,
      subscriptions: subscriptionsFor(wanted, info.software),
      userAgent,
      signal,
      accessToken: () => outlet.accessToken(),
      onEvent: (event) => {
        status.heard();
        deliveries.offer(event);
      },
      onHearing: (hearing) => status.hears(hearing),
      catchUp: (isAfterGap) => catchUp.run(isAfterGap),
      leastPollMs: () => leastPollMs(outlet.budget.rows(Date.now()), timelinesIn(wanted).length + 1, Date.now()),
      onRefused: () => outlet.tokenRefused(),
      log: logger,
    });
  }
}
