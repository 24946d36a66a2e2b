import type { RiderEntry } from "../accounts/account.js";
import type { Caller, Outlet } from "../client/call.js";
import type { ReadingClient } from "../client/client.js";
import { createClient } from "../client/create-client.js";
import { ScopeError } from "../errors.js";
import type { ClockEntry } from "../events/clock.js";
import { matches, scopeOfEvent, type Event, type EventName } from "../events/event.js";
import type { Repeat } from "../jobs/jobs.js";
import { expandScopes, type Scope } from "../mastodon/scopes.js";
import type { AccountFacts, CleanUp, Log, Plugin, Setup } from "../plugin.js";
import { commandIn } from "./command.js";
import type { HandlerInput } from "./handler-input.js";

/** What a plugin registered for one kind of event. */
export interface Handler {
  readonly matches: (event: Event) => boolean;
  /** Receives what `handlerInput` made; the plugin's own types were checked by its author's compiler. */
  readonly run: (input: HandlerInput) => unknown;
}

/** How a rider stands. */
export interface RiderStanding {
  /** `waiting`: for scopes. `failed`: its set-up threw. */
  readonly state: "running" | "waiting" | "failed" | "stopped";
  readonly reason: string;
}

/** Checks a cron expression; answers what is wrong with it. */
export type CheckCron = (expression: string, timezone: string) => string | undefined;

/** One plugin on one account: set up, asked for handlers, cleaned up. */
export class Rider {
  readonly entry: RiderEntry<Plugin>;
  readonly permitted: ReadonlySet<string>;
  standing: RiderStanding = { state: "stopped", reason: "" };
  readonly wanted = new Set<EventName>();
  readonly clocks: ClockEntry[] = [];
  readonly #handlers: Handler[] = [];
  #cleanUp: CleanUp | undefined;

  constructor(entry: RiderEntry<Plugin>) {
    this.entry = entry;
    this.permitted = expandScopes(entry.scopes);
  }

  get name(): string {
    return this.entry.name;
  }

  /** Calls the plugin's set-up. What it throws is the rider's own failure: the other riders go on. */
  async setUp(
    account: AccountFacts,
    outlet: Outlet,
    log: Log,
    signal: AbortSignal,
    checkCron: CheckCron,
  ): Promise<void> {
    this.#forget();
    const caller: Caller = {
      rider: this.name,
      permitted: this.permitted,
      record: undefined,
      signal,
      deadline: Infinity,
    };
    const setup: Setup<Scope, Scope, unknown> = {
      ...this.#registering(account, checkCron),
      config: this.entry.config,
      account,
      // The same client, whose writes throw without an invocation; its type says so before that.
      client: createClient(outlet, caller) as unknown as ReadingClient<Scope>,
      log,
    };
    try {
      this.#cleanUp = (await this.entry.plugin.setup(setup)) ?? undefined;
      this.standing = { state: "running", reason: "" };
    } catch (error) {
      this.#forget();
      this.standing = { state: "failed", reason: error instanceof Error ? error.message : String(error) };
      log.error("the set-up failed", { err: error });
    }
  }

  handlersFor(event: Event): Handler[] {
    return this.standing.state === "running" ? this.#handlers.filter((handler) => handler.matches(event)) : [];
  }

  /** Stops it: the plugin's clean-up runs, and no handler is called any more. */
  async stop(standing: RiderStanding, log: Log): Promise<void> {
    const cleanUp = this.#cleanUp;
    this.#forget();
    this.standing = standing;
    try {
      await cleanUp?.();
    } catch (error) {
      log.error("the clean-up failed", { err: error });
    }
  }

  #forget(): void {
    this.#handlers.length = 0;
    this.clocks.length = 0;
    this.wanted.clear();
    this.#cleanUp = undefined;
  }

  #registering(
    account: AccountFacts,
    checkCron: CheckCron,
  ): Pick<Setup<Scope, Scope, unknown>, "on" | "command" | "cron" | "every"> {
    return {
      on: (event, handler) => {
        const name = event as EventName;
        this.#listenTo(name);
        this.#handlers.push({
          matches: (happened) => happened.kind !== "tick" && matches(name, happened),
          run: handler as unknown as Handler["run"],
        });
      },
      command: (name, handler) => {
        this.#listenTo("notification.mention");
        this.#handlers.push({
          matches: (event) => commandIn(event, name) !== undefined,
          run: (input) => handler({ ...input, ...commandIn(input.event, name) } as Parameters<typeof handler>[0]),
        });
      },
      cron: (name, expression, handler) => {
        const problem = checkCron(expression, account.timezone);
        if (problem !== undefined) throw new TypeError(`cron ${name}: ${problem}`);
        this.#tick(name, { cron: expression, timezone: account.timezone }, handler as Handler["run"]);
      },
      every: (name, { hours = 0, minutes = 0, seconds = 0 }, handler) => {
        const everyMs = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
        if (!(everyMs >= 1_000)) throw new TypeError(`every ${name}: the interval must be a second or more`);
        this.#tick(name, { everyMs }, handler as Handler["run"]);
      },
    };
  }

  #listenTo(event: EventName): void {
    const scope = scopeOfEvent(event);
    if (!this.permitted.has(scope)) throw new ScopeError(`on("${event}")`, scope);
    this.wanted.add(event);
  }

  #tick(name: string, repeat: Repeat, run: Handler["run"]): void {
    if (this.clocks.some((clock) => clock.name === name)) {
      throw new TypeError(`two clocks are named ${name}: the name is the identity, give each its own`);
    }
    this.clocks.push({ rider: this.name, name, repeat });
    this.#handlers.push({ matches: (event) => event.kind === "tick" && event.name === name, run });
  }
}
