import type { RiderEntry } from "../accounts/account.js";
import type { Caller, Outlet } from "../client/call.js";
import type { ReadingClient } from "../client/client.js";
import { createClient } from "../client/create-client.js";
import { ScopeError } from "../errors.js";
import { clockJitterMs, type ClockEntry } from "../events/clock.js";
import { matches, scopeOfEvent, type Event, type EventName } from "../events/event.js";
import { expandScopes, type Scope } from "../mastodon/scopes.js";
import type { AccountFacts, CleanUp, Log, MentionOptions, Plugin, Setup } from "../plugin.js";
import { commandIn, isMentionFor } from "./command.js";
import { within } from "./deadline.js";
import { durationMs, jitterLimitMs, missedOf } from "./clock-options.js";
import type { HandlerInput } from "./handler-input.js";

/** What a plugin registered for one kind of event. */
export interface Handler {
  readonly matches: (event: Event) => boolean;
  /** Receives what `handlerInput` made; the plugin's own types were checked by its author's compiler. */
  readonly run: (input: HandlerInput) => unknown;
}

/** How a rider stands. */
export interface RiderStanding {
  /** `waiting`: for scopes, or for its set-up to end. `failed`: its set-up threw. `held`: it took processes down. */
  readonly state: "running" | "waiting" | "failed" | "stopped" | "held";
  readonly reason: string;
}

/** Checks a cron expression; answers what is wrong with it. */
export type CheckCron = (expression: string, timezone: string) => string | undefined;

/** What a set-up needs. */
interface SetUpInput {
  readonly facts: AccountFacts;
  readonly outlet: Outlet;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly checkCron: CheckCron;
}

const setUpLimitMs = 15_000;
const cleanUpLimitMs = 5_000;

/** What one set-up registered. Each has its own: one that goes on after it failed must not add to the next. */
interface Registered {
  readonly wanted: Set<EventName>;
  readonly clocks: ClockEntry[];
  readonly handlers: Handler[];
  cleanUp: CleanUp | undefined;
}

/** One plugin on one account: set up, asked for handlers, cleaned up. */
export class Rider {
  readonly #limitMs: number;
  readonly #asWritten: RiderEntry<Plugin>;
  #entry: RiderEntry<Plugin>;
  #permitted: ReadonlySet<string>;
  #standing: RiderStanding = { state: "stopped", reason: "" };
  #registered = nothing();
  #isSettingUp = false;

  /** `limitMs`: how long the set-up may take. */
  constructor(entry: RiderEntry<Plugin>, limitMs = setUpLimitMs) {
    this.#asWritten = entry;
    this.#entry = entry;
    this.#permitted = expandScopes(entry.scopes);
    this.#limitMs = limitMs;
  }

  /** What it runs by. */
  get entry(): RiderEntry<Plugin> {
    return this.#entry;
  }

  get permitted(): ReadonlySet<string> {
    return this.#permitted;
  }

  get name(): string {
    return this.entry.name;
  }

  /** How many answers it may write in one thread within an hour; undefined: as usual. */
  get repliesPerThread(): number | undefined {
    return this.entry.repliesPerThread;
  }

  get standing(): RiderStanding {
    return this.#standing;
  }

  /** Whether a set-up was begun and has not ended yet. */
  get isSettingUp(): boolean {
    return this.#isSettingUp;
  }

  /** The events that it asked for. */
  get wanted(): ReadonlySet<EventName> {
    return this.#registered.wanted;
  }

  get clocks(): readonly ClockEntry[] {
    return this.#registered.clocks;
  }

  /** Calls the plugin's set-up. What it throws is the rider's own failure: the other riders go on. */
  async setUp(
    account: AccountFacts,
    outlet: Outlet,
    log: Log,
    signal: AbortSignal,
    checkCron: CheckCron,
  ): Promise<void> {
    const registered = nothing();
    const caller: Caller = {
      rider: this.name,
      permitted: this.permitted,
      record: undefined,
      signal,
      deadline: Infinity,
    };
    const setup: Setup<Scope, Scope, unknown> = {
      ...this.#registering(registered, account, checkCron),
      config: this.entry.config,
      account,
      // The same client, whose writes throw without an invocation; its type says so before that.
      client: createClient(outlet, caller) as unknown as ReadingClient<Scope>,
      log,
    };
    this.#isSettingUp = true;
    this.#standing = { state: "waiting", reason: "its set-up has not ended yet" };
    const settingUp = (async () => (await this.entry.plugin.setup(setup)) ?? undefined)();
    try {
      registered.cleanUp = await within(settingUp, { limitMs: this.#limitMs, signal, what: "the set-up" });
      this.#registered = registered;
      this.#standing = { state: "running", reason: "" };
    } catch (error) {
      this.#registered = nothing();
      this.#standing = { state: "failed", reason: error instanceof Error ? error.message : String(error) };
      log.error("the set-up failed", { err: error });
      // One that comes to its end too late is undone.
      settingUp.then((cleanUp) => cleanUp?.()).catch(() => undefined);
    } finally {
      this.#isSettingUp = false;
    }
  }

  /** Its set-up has failed: from now on it is what it was before its entry changed, if that still can be set up. */
  async fallBack(entry: RiderEntry<Plugin>, { checkCron, facts, log, outlet, signal }: SetUpInput): Promise<void> {
    const failed = this.#standing;
    this.#use(entry);
    await this.setUp(facts, outlet, log, signal, checkCron);
    if (this.standing.state === "running") {
      this.#standing = {
        state: "running",
        reason: `it runs as before the change, whose set-up failed: ${failed.reason}`,
      };
    } else {
      this.#use(this.#asWritten);
      this.#standing = failed;
    }
  }

  #use(entry: RiderEntry<Plugin>): void {
    this.#entry = entry;
    this.#permitted = expandScopes(entry.scopes);
  }

  /** Whether any of its handlers asked for the event. */
  wants(event: Event): boolean {
    return this.#standing.state === "running" && this.#registered.handlers.some((handler) => handler.matches(event));
  }

  handlersFor(event: Event): Handler[] {
    const isRunning = this.#standing.state === "running";
    return isRunning ? this.#registered.handlers.filter((handler) => handler.matches(event)) : [];
  }

  /** Stops it: the plugin's clean-up runs, and no handler is called any more. */
  async stop(standing: RiderStanding, log: Log): Promise<void> {
    const { cleanUp } = this.#registered;
    this.#registered = nothing();
    this.#standing = standing;
    if (cleanUp === undefined) return;
    try {
      const cleaningUp = (async () => cleanUp())();
      await within(cleaningUp, { limitMs: cleanUpLimitMs, what: "the clean-up" });
    } catch (error) {
      log.error("the clean-up failed", { err: error });
    }
  }

  #registering(
    registered: Registered,
    account: AccountFacts,
    checkCron: CheckCron,
  ): Pick<Setup<Scope, Scope, unknown>, "on" | "command" | "cron" | "every"> {
    return {
      on: (event, handler, options?: MentionOptions) => {
        const name = event as EventName;
        this.#listenTo(name, registered);
        registered.handlers.push({
          matches:
            name === "notification.mention"
              ? (happened) => isMentionFor(happened, options ?? {}, account.id)
              : (happened) => happened.kind !== "tick" && matches(name, happened),
          run: handler as unknown as Handler["run"],
        });
      },
      command: (name, handler, options = {}) => {
        this.#listenTo("notification.mention", registered);
        registered.handlers.push({
          matches: (event) => isMentionFor(event, options, account.id) && commandIn(event, name) !== undefined,
          run: (input) => handler({ ...input, ...commandIn(input.event, name) } as Parameters<typeof handler>[0]),
        });
      },
      cron: (name, expression, handler, { jitter, missed } = {}) => {
        const { timezone } = account;
        const problem = checkCron(expression, timezone);
        if (problem !== undefined) throw new TypeError(`cron ${name}: ${problem}`);
        const limitMs = jitterLimitMs(`cron ${name}`, jitter);
        const clock = {
          rider: this.name,
          name,
          repeat: { cron: expression, timezone },
          missed: missedOf(`cron ${name}`, missed),
        };
        const jitterMs = clockJitterMs(account.name, clock, limitMs);
        this.#tick({ ...clock, jitterMs }, handler as Handler["run"], registered);
      },
      every: (name, interval, handler, { missed } = {}) => {
        const everyMs = durationMs(interval);
        if (!(everyMs >= 1_000)) throw new TypeError(`every ${name}: the interval must be a second or more`);
        const clock = { rider: this.name, name, repeat: { everyMs }, missed: missedOf(`every ${name}`, missed) };
        this.#tick({ ...clock, jitterMs: 0 }, handler as Handler["run"], registered);
      },
    };
  }

  #listenTo(event: EventName, { wanted }: Registered): void {
    const scope = scopeOfEvent(event);
    if (!this.permitted.has(scope)) throw new ScopeError(`on("${event}")`, scope);
    wanted.add(event);
  }

  #tick(clock: ClockEntry, run: Handler["run"], { clocks, handlers }: Registered): void {
    const { name } = clock;
    if (clocks.some((other) => other.name === name)) {
      throw new TypeError(`two clocks are named ${name}: the name is the identity, give each its own`);
    }
    clocks.push(clock);
    handlers.push({ matches: (event) => event.kind === "tick" && event.name === name, run });
  }
}

function nothing(): Registered {
  return { wanted: new Set(), clocks: [], handlers: [], cleanUp: undefined };
}
