import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { inject, injectable } from "tsyringe";
import { z } from "zod";
import type { Fleet, RiderEntry } from "../accounts/account.js";
import { ConfigError } from "../errors.js";
import type { Plugin } from "../plugin.js";
import { hearChannel } from "../store/channel.js";
import { KeysToken, type Keys } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { asRefusal } from "../store/refusal.js";
import type { CurrentFleet } from "./current-fleet.js";
import type { EntryMark, MarkedFleet } from "./entry-marks.js";
import { InForce, type Configuration, type Decision } from "./in-force.js";
import { Plans } from "./plans.js";
import { ProcessBoard, type ProcessRow } from "./process-board.js";
import { FleetToken, LoggerToken, ReadFleetToken } from "./tokens.js";

/** How often a process says what it has, and looks at what is in force. */
const beatMs = 2_000;
/** So many accounts are named where files differ. */
const mostNamed = 20;

const newsSchema = z.object({ generation: z.number(), reload: z.string().nullable() });

/** Says to all processes that the configuration in force has changed; `reload`: each reads its own file again. */
export async function sendNews(redis: Redis, keys: Keys, news: z.output<typeof newsSchema>): Promise<void> {
  await redis.publish(keys.fleet("config"), JSON.stringify(news));
}

/** What a change of the configuration means for the accounts of this process. */
export interface HostChange {
  /** The accounts that it may own from now on. */
  readonly names: readonly string[];
  /** Of these, the ones whose entries have changed. */
  readonly changed: readonly string[];
}

/**
 * The configuration of this process beside the one in force: it may own the accounts whose entries are the same in
 * both. A process that begins puts its file in force, unless it is an old one.
 */
@injectable()
export class HostConfiguration {
  readonly #fleet: CurrentFleet;
  readonly #inForce: InForce;
  readonly #plans: Plans;
  readonly #board: ProcessBoard;
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #logger: Logger;
  readonly #readFleet: () => Promise<Fleet<Plugin>>;
  readonly #earlier = new Map<string, Map<string, RiderEntry<Plugin>>>();
  #own: MarkedFleet | undefined;
  #now: Configuration | undefined;
  #decision: Decision["outcome"] | undefined;
  #names: readonly string[] = [];
  #error: string | null = null;
  #reload: string | null = null;
  #others: readonly ProcessRow[] = [];
  #onChange: (change: HostChange) => Promise<void> = async () => undefined;
  #isFailing = false;
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopHearing: (() => void) | undefined;

  constructor(
    @inject(FleetToken) fleet: CurrentFleet,
    @inject(InForce) inForce: InForce,
    @inject(Plans) plans: Plans,
    @inject(ProcessBoard) board: ProcessBoard,
    @inject(RedisToken) redis: Redis,
    @inject(KeysToken) keys: Keys,
    @inject(LoggerToken) logger: Logger,
    @inject(ReadFleetToken) readFleet: () => Promise<Fleet<Plugin>>,
  ) {
    this.#fleet = fleet;
    this.#inForce = inForce;
    this.#plans = plans;
    this.#board = board;
    this.#redis = redis;
    this.#keys = keys;
    this.#logger = logger;
    this.#readFleet = readFleet;
  }

  /** Takes part. Answers the accounts that this process may own; `onChange` is called with each other answer. */
  async start(onChange: (change: HostChange) => Promise<void>): Promise<readonly string[]> {
    const own = await this.#inForce.mark(this.#fleet.now);
    this.#own = own;
    this.#others = await this.#board.read();
    await this.#propose(own);
    await this.#follow(own, own);
    this.#onChange = onChange;
    this.#stopHearing = await hearChannel(this.#redis, this.#keys.fleet("config"), newsSchema, {
      onMessage: ({ reload }) => this.#inTurn(() => (reload === null ? this.#look() : this.#readAgain(reload))),
    });
    this.#timer = setInterval(() => this.#inTurn(() => this.#beat()), beatMs);
    return this.#names;
  }

  /** Takes part no more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopHearing?.();
    await this.#turn;
    await this.#board.leave();
  }

  /** Whether this process may own the account at this moment, as Redis says. */
  async mayHold(account: string): Promise<boolean> {
    const own = this.#own?.marks.get(account)?.digest;
    return own !== undefined && (await this.#inForce.entryDigest(account)) === own;
  }

  /** Riders of the account as they were before their entries changed, while nobody has said that the new ones work. */
  earlierRiders(account: string): Map<string, RiderEntry<Plugin>> {
    const known = this.#earlier.get(account) ?? new Map<string, RiderEntry<Plugin>>();
    this.#earlier.set(account, known);
    return known;
  }

  /**
   * Puts this host's file in force and has every process read its own again, as `bot reload` does. Nobody is asked:
   * `isGuarded` refuses a change that would end more than a fifth of the running accounts.
   */
  reload(isGuarded: boolean): void {
    this.#inTurn(async () => {
      const own = await this.#readOwn();
      if (own === undefined) return this.#announce();
      const plan = await this.#plans.of(own);
      const facts = { file: own.fleet.file, changes: plan.changes, unchanged: plan.unchanged };
      if (isGuarded && plan.isDrastic) {
        const why = `the reload would end ${plan.stops.length} of ${plan.running} running accounts: nothing is changed`;
        return this.#logger.error({ ...facts, cure: "to do it all the same, run bot reload --yes on this host" }, why);
      }
      const { generation, outcome } = await this.#inForce.propose(own, { by: "reload", over: plan.generation });
      if (outcome === "raced")
        return this.#logger.warn(facts, "another configuration came in force meanwhile: reload again");
      this.#logger.info({ ...facts, generation }, "reloaded");
      await sendNews(this.#redis, this.#keys, { generation, reload: randomUUID() });
    });
  }

  /** One thing at a time. A Redis that is away is said by its connection, and the next beat comes. */
  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).then(
      () => void (this.#isFailing = false),
      (error: unknown) => {
        // Once, and then again when it worked in between.
        const fields = { err: asRefusal(error) };
        if (!this.#isFailing) this.#logger.warn(fields, "the configuration could not be looked at; it is tried again");
        this.#isFailing = true;
      },
    );
  }

  async #beat(): Promise<void> {
    await this.#look();
    await this.#announce();
  }

  /** Learns what is in force, and what this process may own by it. */
  async #look(): Promise<void> {
    const own = this.#own;
    if (own === undefined) return;
    let generation = await this.#inForce.generation();
    const hasRoom = this.#decision === "drastic" && !this.#others.some(({ digest }) => digest === this.#now?.file);
    // Those who stood against it have gone, or Redis was emptied and knows of nothing.
    if (generation === 0 || hasRoom) generation = await this.#propose(own);
    if (generation !== this.#now?.generation) await this.#follow(own, own);
  }

  /** `before` is what this process went by so far. */
  async #follow(own: MarkedFleet, before: MarkedFleet): Promise<void> {
    const now = await this.#inForce.read();
    const isRefused = this.#decision === "superseded" || this.#decision === "drastic";
    const wasCurrent = this.#now === undefined ? !isRefused : this.#now.file === before.digest;
    this.#now = now;
    const digestOf = (name: string) => own.marks.get(name)?.digest;
    const names = [...own.marks.keys()].filter((name) => now?.entries.get(name)?.digest === digestOf(name));
    const held = new Set(this.#names);
    const isUnproven = (name: string) => own !== before && (this.#earlier.get(name)?.size ?? 0) > 0;
    const changed = names.filter(
      (name) => held.has(name) && (before.marks.get(name)?.digest !== digestOf(name) || isUnproven(name)),
    );
    const isSame = names.length === held.size && names.every((name) => held.has(name));
    this.#names = names;
    this.#say(own, wasCurrent);
    await this.#announce();
    if (!isSame || changed.length > 0) await this.#onChange({ names, changed });
  }

  /** Once per change: it lasts until somebody does something. */
  #say(own: MarkedFleet, wasCurrent: boolean): void {
    const isCurrent = this.#now?.file === own.digest;
    const facts = { generation: this.#now?.generation, file: own.fleet.file };
    if (isCurrent && !wasCurrent) this.#logger.info(facts, "this host has the configuration in force again");
    if (isCurrent || !wasCurrent) return;
    const cure = "put the file in force on this host and run bot reload, or bot reload here to put this one in force";
    const fields = { ...facts, differs: this.#differing(own), cure };
    this.#logger.warn(fields, "another configuration is in force: this host does not run the accounts that differ");
  }

  /** Answers the generation in force after it. */
  async #propose(own: MarkedFleet): Promise<number> {
    const inForce = await this.#inForce.read();
    const othersRunIt = this.#others.some(({ digest }) => digest === inForce?.file);
    const { generation, outcome } = await this.#inForce.propose(own, { by: "start", othersRunIt });
    const isNew = outcome !== this.#decision;
    this.#decision = outcome;
    const facts = { generation, file: own.fleet.file };
    if (outcome === "put") {
      this.#logger.info(facts, "this accounts.yaml is in force now");
      await sendNews(this.#redis, this.#keys, { generation, reload: null });
    }
    const cure = "to put it in force, run bot reload on this host";
    if (outcome === "superseded" && isNew) {
      this.#logger.warn(
        { ...facts, cure },
        "this accounts.yaml was in force before, and a start does not bring it back",
      );
    }
    if (outcome === "drastic" && isNew) {
      const why = "this accounts.yaml leaves out more than a fifth of the accounts that others run: it is not in force";
      this.#logger.warn({ ...facts, cure }, why);
    }
    return generation;
  }

  /** The file is read anew; where it is broken, this process goes on by what it had. */
  async #readAgain(reload: string): Promise<void> {
    const before = this.#own;
    if (before === undefined) return;
    const own = await this.#readOwn();
    if (own !== undefined) this.#adopt(own, before);
    await this.#follow(own ?? before, before);
    this.#reload = reload;
    await this.#announce();
  }

  /** Undefined: the file is broken. */
  async #readOwn(): Promise<MarkedFleet | undefined> {
    try {
      const own = await this.#inForce.mark(await this.#readFleet());
      this.#error = null;
      return own;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#error = error.message;
      this.#logger.error({ problems: error.problems }, `${error.message}\nthe configuration of before stays`);
      return undefined;
    }
  }

  #adopt(own: MarkedFleet, before: MarkedFleet): void {
    for (const account of before.fleet.accounts) {
      const [old, now] = [before.marks.get(account.name), own.marks.get(account.name)];
      if (now === undefined || old?.digest === now.digest) continue;
      const earlier = this.earlierRiders(account.name);
      for (const rider of account.riders) {
        const isChanged = now.riders[rider.name] !== old?.riders[rider.name];
        if (isChanged && !earlier.has(rider.name)) earlier.set(rider.name, rider);
      }
      for (const name of earlier.keys()) if (now.riders[name] === undefined) earlier.delete(name);
    }
    if (own.fleet.contact !== before.fleet.contact) {
      this.#logger.warn("contact: has changed: requests carry the new one when this process is started again");
    }
    this.#own = own;
    this.#fleet.replace(own.fleet);
    this.#decision = undefined;
  }

  async #announce(): Promise<void> {
    const own = this.#own;
    if (own === undefined) return;
    this.#others = await this.#board.announce({
      file: own.fleet.file,
      digest: own.digest,
      generation: this.#now?.generation ?? 0,
      differs: this.#differing(own),
      error: this.#error,
      reload: this.#reload,
    });
  }

  #differing(own: MarkedFleet): string[] {
    const entries = this.#now?.entries ?? new Map<string, EntryMark>();
    const names = new Set([...own.marks.keys(), ...entries.keys()]);
    return [...names]
      .filter((name) => own.marks.get(name)?.digest !== entries.get(name)?.digest)
      .toSorted()
      .slice(0, mostNamed);
  }
}
