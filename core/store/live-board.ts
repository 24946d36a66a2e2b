import type { Redis } from "ioredis";

/** Entries are "SAID-AT TEXT", by the clock of Redis: the hosts' own may differ. */
const announceScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("HSET", KEYS[1], ARGV[1], string.format("%d ", now) .. ARGV[2])
local found = {}
local entries = redis.call("HGETALL", KEYS[1])
for index = 1, #entries, 2 do
  local age = now - tonumber(string.match(entries[index + 1], "^%d+"))
  if age > tonumber(ARGV[3]) then
    redis.call("HDEL", KEYS[1], entries[index])
  else
    table.insert(found, entries[index])
    table.insert(found, age)
    table.insert(found, string.match(entries[index + 1], "^%d+ (.*)$"))
  end
end
return found`;

/** What a process said of itself, and how long ago. */
export interface LiveEntry {
  readonly id: string;
  readonly ageMs: number;
  readonly text: string;
}

/** Where the processes of a fleet say that they are there, each under its id; who falls silent fades. */
export class LiveBoard {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #keptMs: number;

  constructor(redis: Redis, key: string, keptMs: number) {
    this.#redis = redis;
    this.#key = key;
    this.#keptMs = keptMs;
  }

  /** Says it, and answers what everybody said who was heard within the time that entries are kept. */
  async announce(id: string, text: string): Promise<LiveEntry[]> {
    const found = await this.#redis.eval(announceScript, 1, this.#key, id, text, this.#keptMs);
    return entriesIn(found as readonly (string | number)[]);
  }

  /** What everybody said, without saying anything. */
  async read(): Promise<LiveEntry[]> {
    const [[seconds, microseconds], entries] = await Promise.all([this.#redis.time(), this.#redis.hgetall(this.#key)]);
    const now = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
    const found = Object.entries(entries).map(([id, entry]) => {
      const space = entry.indexOf(" ");
      return { id, ageMs: now - Number(entry.slice(0, space)), text: entry.slice(space + 1) };
    });
    return found.filter(({ ageMs }) => ageMs <= this.#keptMs);
  }

  /** Takes back what was said under this id. */
  async leave(id: string): Promise<void> {
    await this.#redis.hdel(this.#key, id);
  }
}

function entriesIn(found: readonly (string | number)[]): LiveEntry[] {
  const entries: LiveEntry[] = [];
  for (let index = 0; index + 2 < found.length; index += 3) {
    entries.push({ id: String(found[index]), ageMs: Number(found[index + 1]), text: String(found[index + 2]) });
  }
  return entries;
}
