import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Account } from "../accounts/account.js";
import type { Credentials } from "../auth/vault.js";
import { createClient } from "../client/create-client.js";
import { newestPosition, notificationsAfter } from "../events/catch-up.js";
import type { EventName } from "../events/event.js";
import { listen } from "../events/listen.js";
import { subscriptionsFor } from "../events/subscriptions.js";
import { compareIds } from "../mastodon/ids.js";
import { expandScopes } from "../mastodon/scopes.js";
import type { AccountOutlet } from "./account-outlet.js";
import type { Deliveries } from "./deliveries.js";
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
    const client = createClient<"read:notifications">(outlet, {
      rider: "howdah",
      permitted,
      record: undefined,
      signal,
      deadline: Infinity,
    });
    await deliveries.places.open(() => newestPosition(client));
    const catchUp = async () => {
      const [position] = deliveries.places.positions().toSorted(compareIds);
      if (position === undefined) return;
      let newest = position;
      for await (const notification of notificationsAfter(client, position)) {
        signal.throwIfAborted();
        deliveries.offer({ kind: "notification", notification });
        newest = notification.id;
      }
      signal.throwIfAborted();
      await deliveries.places.caughtUp(newest);
    };
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
      catchUp,
      onRefused: () => outlet.tokenRefused(),
      log: logger,
    });
  }
}
