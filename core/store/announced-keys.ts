import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { InjectionToken } from "tsyringe";
import { HowdahError } from "../errors.js";
import { checkKeyring, keyMark } from "./key-file.js";
import type { Keys } from "./keys.js";
import { unlessRefused } from "./refusal.js";
import { sealedUnder, type Keyring } from "./seal.js";

/** How often a process says which keys it has, and how long that counts. */
const beatMs = 2_000;
const lifeMs = 10_000;
const farewellMs = 1_000;

/** Entries are "END JSON", END by the clock of Redis. */
const announceScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("HSET", KEYS[1], ARGV[1], string.format("%d ", now + ARGV[3]) .. ARGV[2])
local live = {}
for _, process in ipairs(redis.call("HKEYS", KEYS[1])) do
  local entry = redis.call("HGET", KEYS[1], process)
  if tonumber(string.match(entry, "^%d+")) > now then
    table.insert(live, string.match(entry, "^%d+ (.*)$"))
  else
    redis.call("HDEL", KEYS[1], process)
  end
end
return { redis.call("GET", KEYS[2]), live }`;

/** The mark goes on to a newer key where every live process has that key, newer than the one before. */
const promoteScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call("GET", KEYS[2]) ~= ARGV[1] then return 0 end
for _, entry in ipairs(redis.call("HVALS", KEYS[1])) do
  if tonumber(string.match(entry, "^%d+")) > now then
    local at, before = nil, math.huge
    for index, id in ipairs(cjson.decode(string.match(entry, "^%d+ (.*)$")).keys) do
      if id == ARGV[3] then at = index end
      if id == ARGV[4] then before = index end
    end
    if at == nil or at > before then return 0 end
  end
end
redis.call("SET", KEYS[2], ARGV[2])
return 1`;

/** What a live process says of its keys. */
export interface LiveProcess {
  readonly host: string;
  readonly pid: number;
  /** Ids of the keys at hand, the newest first. */
  readonly keys: readonly string[];
  /** The id of the key that it seals with. */
  readonly writing: string;
}

/** Where problems of the keys are said. */
export interface KeysLog {
  error(fields: object, text: string): void;
}

/** What announcing needs. */
export interface AnnouncedKeysOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly keyring: Keyring;
  readonly log: KeysLog;
}

/**
 * Lets all processes of a fleet seal with the same key: the newest that every live one has. Each announces its key
 * ids with a short life; the key-check mark is sealed under the key in use, and moves on when nobody is left behind.
 */
export class AnnouncedKeys {
  readonly #options: AnnouncedKeysOptions;
  readonly #id = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<unknown> = Promise.resolve();
  #isBehind = false;

  constructor(options: AnnouncedKeysOptions) {
    this.#options = options;
  }

  /** Announces, then proves that the keys fit what is stored: in this order nobody is overlooked. Throws KEY_MISMATCH. */
  async start(): Promise<void> {
    try {
      // A Redis that stores nothing can still be looked at; whoever wants to store something is told.
      await this.#announce().catch(unlessRefused);
      await this.#check();
      await this.live().catch(unlessRefused);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#timer = setInterval(() => {
      // A Redis that is away is said by its connection, and the next beat comes.
      this.#beating = this.live().catch(() => undefined);
    }, beatMs);
    this.#timer.unref();
  }

  /** Takes the announcement back. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const { keys, redis } = this.#options;
    const farewell = this.#beating.then(() => redis.hdel(announcements(keys), this.#id)).catch(() => undefined);
    await Promise.race([farewell, sleep(farewellMs, undefined, { ref: false })]);
  }

  /** Announces, goes on to a newer key where all can, and answers who is there. */
  async live(): Promise<LiveProcess[]> {
    const { mark, live } = await this.#announce();
    if (mark === undefined) await this.#check();
    else if (await this.#follow(mark, live)) return (await this.#announce()).live;
    return live;
  }

  /** Waits until every live process seals with that key. Throws KEY_BEHIND naming who does not. */
  async untilAllWriteWith(id: string, waitMs: number): Promise<void> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const live = await this.live();
      const without = live.filter(({ keys }) => !keys.includes(id));
      if (without.length > 0) throw behind(without, `not have the newest key ${id}`);
      const others = live.filter(({ writing }) => writing !== id);
      if (others.length === 0) return;
      if (performance.now() > deadline) throw behind(others, `not write with the newest key ${id}`);
      await sleep(250);
    }
  }

  async #check(): Promise<void> {
    const { keyring, keys, redis } = this.#options;
    await checkKeyring(redis, keys, keyring);
  }

  async #announce(): Promise<{ mark: string | undefined; live: LiveProcess[] }> {
    const { keyring, keys, redis } = this.#options;
    const entry: LiveProcess = { host: hostname(), pid: process.pid, keys: keyring.ids, writing: keyring.writing };
    const places = [announcements(keys), keyMark(keys)];
    const answer = await redis.eval(announceScript, 2, ...places, this.#id, JSON.stringify(entry), lifeMs);
    const [mark, live] = answer as [string | null, string[]];
    return { mark: mark ?? undefined, live: live.map((text) => JSON.parse(text) as LiveProcess) };
  }

  /** Seals with the key of the mark, or moves the mark on. Answers whether anything changed. */
  async #follow(mark: string, live: readonly LiveProcess[]): Promise<boolean> {
    const { keyring } = this.#options;
    const before = keyring.writing;
    const marked = sealedUnder(mark) ?? "";
    const promoted = await this.#promoted(mark, marked, live);
    this.#say(keyring.writeWith(promoted ?? marked), marked);
    return keyring.writing !== before;
  }

  async #promoted(mark: string, marked: string, live: readonly LiveProcess[]): Promise<string | undefined> {
    const { keyring, keys, redis } = this.#options;
    const place = keyMark(keys);
    for (const id of keyring.ids.slice(0, Math.max(0, keyring.ids.indexOf(marked)))) {
      if (!live.every((process) => process.keys.includes(id))) continue;
      const next = keyring.seal(keyring.open(mark, place), place, id);
      const places = [announcements(keys), place];
      if ((await redis.eval(promoteScript, 2, ...places, mark, next, id, marked)) === 1) return id;
    }
    return undefined;
  }

  /** Once per change: it lasts until this process is started again. */
  #say(follows: boolean, marked: string): void {
    if (!follows && !this.#isBehind) {
      const cure = "start this process again with that key in BOT_KEY or BOT_KEY_FILE";
      this.#options.log.error({ key: marked, cure }, "the fleet went on to a key that this process does not have");
    }
    this.#isBehind = !follows;
  }
}

function announcements(keys: Keys): string {
  return keys.fleet("announced-keys");
}

function behind(processes: readonly LiveProcess[], what: string): HowdahError {
  const named = processes.map(({ host, pid }) => `${pid} on ${host}`).join(", ");
  const who = processes.length === 1 ? "1 running process does" : `${processes.length} running processes do`;
  return new HowdahError("KEY_BEHIND", `${who} ${what} (${named})`, {
    cure: "give all processes the same keys, the newest first, start those anew, then run this again",
  });
}

/** The injection token of the announced keys. */
export const AnnouncedKeysToken: InjectionToken<AnnouncedKeys> = Symbol("AnnouncedKeys");
