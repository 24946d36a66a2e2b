import { ReplayMismatchError, ScopeError, WriteOutsideHandler } from "../../core/errors.js";
import type { Operation } from "../../core/mastodon/operation.js";
import { operationList, type OperationName } from "../../core/mastodon/operations.js";
import { expandScopes } from "../../core/mastodon/scopes.js";
import type { Plugin, Scope } from "../../core/plugin.js";

type SetUp = Parameters<Plugin["setup"]>[0];
type Params = Record<string, unknown>;
type Handler = (invocation: never) => unknown;

/** What a server answers, by operation; throws what the client would throw. */
export type Answers = { readonly [N in OperationName]?: (params: Params) => unknown };

/** A request that reached the server. */
export interface Sent {
  readonly operation: OperationName;
  readonly params: Params;
  readonly key: string | undefined;
}

interface Told {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
}

/** How a plugin rides in these tests. */
export interface RideOptions {
  readonly config?: unknown;
  readonly answers?: Answers;
  /** The optional scopes that accounts.yaml allows. */
  readonly allow?: readonly Scope[];
  readonly server?: string;
  /** The account's own id. */
  readonly id?: string;
}

/**
 * One plugin on one account, all in memory: state is stored only when a handler ends well, what `once` computed
 * and what a write answered is kept over the attempts of an invocation.
 */
export class Rider {
  readonly sent: Sent[] = [];
  readonly told: Told[] = [];
  readonly handlers = new Map<string, Handler>();
  readonly clocks = new Map<string, unknown>();
  stored = new Map<string, string>();
  readonly #plugin: Plugin;
  readonly #options: RideOptions;

  constructor(plugin: Plugin, options: RideOptions) {
    this.#plugin = plugin;
    this.#options = options;
  }

  async setUp(): Promise<this> {
    const register = (name: string, handler: Handler) => void this.handlers.set(name, handler);
    const clock = (name: string, timing: unknown, handler: Handler) => {
      register(name, handler);
      this.clocks.set(name, timing);
    };
    const setup: SetUp = {
      on: register as SetUp["on"],
      command: register,
      cron: clock,
      every: clock,
      config: this.#plugin.config?.parse(this.#options.config ?? {}),
      account: {
        name: "bot",
        server: this.#options.server ?? "https://home.example",
        id: this.#options.id ?? "me",
        username: "bot",
        timezone: "UTC",
      },
      client: this.#client(this.#plugin.scopes, (operation) => {
        throw new WriteOutsideHandler(operation);
      }) as unknown as SetUp["client"],
      log: this.#log(),
    };
    await this.#plugin.setup(setup);
    return this;
  }

  /** What was sent that changes something, in short. */
  writes(operation?: OperationName): Params[] {
    const effects = new Map(operationList.map((row) => [row.name, row.operation.effect]));
    return this.sent
      .filter((sent) => effects.get(sent.operation) !== "read" && (operation ?? sent.operation) === sent.operation)
      .map(({ params }) => params);
  }

  messages(level: Told["level"]): string[] {
    return this.told.filter((told) => told.level === level).map(({ message }) => message);
  }

  /** Starts an invocation; each `attempt()` runs its handler once. */
  invocation(handler: string, payload: object = {}): { attempt: () => Promise<void> } {
    const run = this.handlers.get(handler);
    if (run === undefined)
      throw new Error(`the plugin asked for ${[...this.handlers.keys()].join(", ")}, not ${handler}`);
    const computed = new Map<string, string>();
    const recorded = new Map<string, string>();
    let attempts = 0;
    const attempt = async () => {
      const changes = new Map<string, string | undefined>();
      attempts += 1;
      const write = this.#ledger(recorded, attempts);
      const { scopes, optionalScopes } = this.#plugin;
      const invocation = {
        ...{ dueAt: new Date(), ...payload, id: handler, attempt: attempts, lateMs: 0 },
        signal: new AbortController().signal,
        log: this.#log(),
        client: this.#client(scopes, write),
        grant: (scope: Scope) =>
          optionalScopes.includes(scope) && this.#options.allow?.includes(scope)
            ? this.#client([...scopes, scope], write)
            : undefined,
        state: {
          get: async (name: string) => parsed(changes.has(name) ? changes.get(name) : this.stored.get(name)),
          set: (name: string, value: unknown) => void changes.set(name, JSON.stringify(value)),
          delete: (name: string) => void changes.set(name, undefined),
        },
        once: async (name: string, compute: () => unknown) => {
          if (!computed.has(name)) computed.set(name, JSON.stringify(await compute()));
          return parsed(computed.get(name));
        },
      };
      await run(invocation as never);
      for (const [name, value] of changes) {
        if (value === undefined) this.stored.delete(name);
        else this.stored.set(name, value);
      }
    };
    return { attempt };
  }

  /** One invocation that ends well at its first attempt. */
  async handle(handler: string, payload: object = {}): Promise<void> {
    await this.invocation(handler, payload).attempt();
  }

  #client(scopes: readonly Scope[], write: Write): Record<string, Record<string, unknown>> {
    const permitted = expandScopes(scopes);
    const client: Record<string, Record<string, unknown>> = {};
    for (const { name, operation } of operationList) {
      const [group = "", method = ""] = name.split(".");
      const methods = (client[group] ??= {});
      methods[method] = async (params: Params = {}, options: { key?: string } = {}) => {
        const scope = scopeLacking(operation, permitted);
        if (scope !== undefined) throw new ScopeError(name, scope);
        const send = async () => this.#send({ operation: name, params, key: options.key });
        return operation.effect === "read" ? send() : write(name, params, { ...options, send });
      };
    }
    return client;
  }

  async #send(sent: Sent): Promise<unknown> {
    const answer = this.#options.answers?.[sent.operation];
    if (answer === undefined) throw new Error(`the test has no answer for ${sent.operation}`);
    this.sent.push(sent);
    return answer(sent.params);
  }

  #ledger(recorded: Map<string, string>, attempt: number): Write {
    const matched = new Map<string, number>();
    const before = new Set(recorded.keys());
    return async (operation, params, { key, send }) => {
      const name = key ?? `${operation} ${JSON.stringify(params)}`;
      const occurrence = (matched.get(name) ?? 0) + 1;
      matched.set(name, occurrence);
      const entry = `${name} ${occurrence}`;
      if (recorded.has(entry)) {
        before.delete(entry);
        return parsed(recorded.get(entry));
      }
      if (attempt > 1 && key === undefined && before.size > 0) throw new ReplayMismatchError(operation);
      const answer = await send();
      recorded.set(entry, JSON.stringify(answer));
      return answer;
    };
  }

  #log(): SetUp["log"] {
    const tell = (level: Told["level"]) => (message: string) => void this.told.push({ level, message });
    return { debug: tell("debug"), info: tell("info"), warn: tell("warn"), error: tell("error") };
  }
}

type Write = (
  operation: OperationName,
  params: Params,
  options: { key?: string; send: () => Promise<unknown> },
) => Promise<unknown>;

/** Sets a plugin up as a rider of one account. */
export async function ride(plugin: Plugin, options: RideOptions = {}): Promise<Rider> {
  return new Rider(plugin, options).setUp();
}

/** What the plugin's schema says against a configuration: `path: message`, one for each mistake. */
export function mistakesIn(plugin: Plugin, config: unknown): string[] {
  const result = plugin.config?.safeParse(config);
  return (result?.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function scopeLacking({ scopes }: Operation, permitted: ReadonlySet<string>): string | undefined {
  return scopes.length === 0 || scopes.some((scope) => permitted.has(scope)) ? undefined : scopes[0];
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}
