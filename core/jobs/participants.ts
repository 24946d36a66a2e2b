import { createHash, randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { hearChannel } from "../store/channel.js";
import type { Keys } from "../store/keys.js";
import { LiveBoard, type LiveEntry } from "../store/live-board.js";

/** One live process that takes part in ownership. */
export interface Participant {
  readonly id: string;
  /** The accounts that it may own. */
  readonly accounts: ReadonlySet<string>;
  /** Names that set: equal for equal sets. */
  readonly digest: string;
  /** How many it holds. */
  readonly owned: number;
}

/** A process that says nothing for this long does not count for the fair share: less than a lock stands. */
const liveMs = 4_000;
/** What it wanted is remembered for longer: it may only be slow. */
const keptMs = 20_000;
const setKeptMs = 60_000;

/** What is said to all on the channel of the participants. */
const newsSchema = z.object({ left: z.string() });

/** Who takes part, each with its accounts. Sets of accounts are stored once, however many processes have the same. */
export class Participants {
  readonly id = randomUUID();
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #board: LiveBoard;
  readonly #sets = new Map<string, ReadonlySet<string>>();
  #accounts: ReadonlySet<string> = new Set();
  #digest = digestOf([]);
  #live: readonly Participant[] = [];
  #others: readonly Participant[] = [];

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
    this.#board = new LiveBoard(redis, keys.fleet("participants"), keptMs);
  }

  /** As of the last announcement, this process included. */
  get live(): readonly Participant[] {
    return this.#live;
  }

  /** What this process may own from the next announcement on. */
  set accounts(accounts: ReadonlySet<string>) {
    this.#accounts = accounts;
    this.#digest = digestOf(accounts);
  }

  /** Says what this process may own and how many accounts it holds, and hears who else is there. */
  async announce(owned: number): Promise<void> {
    const own: Participant = { id: this.id, accounts: this.#accounts, digest: this.#digest, owned };
    await this.#storeSet(own);
    const entries = await this.#board.announce(this.id, `${own.digest} ${owned}`);
    const others = entries.filter(({ id }) => id !== this.id);
    const found = await Promise.all(others.map((entry) => this.#participantIn(entry)));
    this.#others = found.filter((other) => other !== undefined);
    const silent = new Set(others.filter(({ ageMs }) => ageMs > liveMs).map(({ id }) => id));
    this.#live = [own, ...this.#others.filter(({ id }) => !silent.has(id))];
    this.#forgetSets();
  }

  /** Takes it back, and says so: from now on the others share what this process had. */
  async leave(): Promise<void> {
    await this.#board.leave(this.id);
    await this.#redis.publish(this.#channel, JSON.stringify({ left: this.id } satisfies z.output<typeof newsSchema>));
  }

  /** Hears, on a connection of its own, of each that leaves, until the answer is called. */
  async hearLeaving(onLeft: () => void): Promise<() => void> {
    return hearChannel(this.#redis, this.#channel, newsSchema, { onMessage: onLeft });
  }

  /** Whether another process may own the account, also one that has been silent for a while. Asks Redis. */
  async isWantedByOthers(account: string): Promise<boolean> {
    const others = (await this.#board.read()).filter(({ id }) => id !== this.id);
    const found = await Promise.all(others.map((entry) => this.#participantIn(entry)));
    return found.some((other) => other?.accounts.has(account) === true);
  }

  async #storeSet({ accounts, digest }: Participant): Promise<void> {
    const key = this.#setKey(digest);
    if ((await this.#redis.pexpire(key, setKeptMs)) === 1) return;
    await this.#redis.set(key, JSON.stringify([...accounts]), "PX", setKeptMs);
  }

  /** Undefined where its set is not stored any more: it says it anew when it is heard again. */
  async #participantIn({ id, text }: LiveEntry): Promise<Participant | undefined> {
    const [digest = "", owned = "0"] = text.split(" ");
    const accounts = digest === this.#digest ? this.#accounts : await this.#setOf(digest);
    return accounts && { id, accounts, digest, owned: Number(owned) };
  }

  async #setOf(digest: string): Promise<ReadonlySet<string> | undefined> {
    const known = this.#sets.get(digest);
    if (known !== undefined) return known;
    const text = await this.#redis.get(this.#setKey(digest));
    if (text === null) return undefined;
    const accounts = new Set(JSON.parse(text) as string[]);
    this.#sets.set(digest, accounts);
    return accounts;
  }

  #forgetSets(): void {
    const used = new Set(this.#others.map(({ digest }) => digest));
    for (const digest of this.#sets.keys()) if (!used.has(digest)) this.#sets.delete(digest);
  }

  get #channel(): string {
    return this.#keys.fleet("participants");
  }

  #setKey(digest: string): string {
    return this.#keys.fleet("account-set", digest);
  }
}

function digestOf(accounts: Iterable<string>): string {
  return createHash("sha256")
    .update([...accounts].toSorted().join(" "))
    .digest("hex")
    .slice(0, 16);
}
