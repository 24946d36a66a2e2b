import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redis } from "ioredis";

/** Something that a run left behind: where it stands, and what it says. */
export interface Trace {
  readonly place: string;
  readonly text: string;
}

/** Every key under a prefix and all that it holds. */
export async function tracesInRedis(redis: Redis, prefix: string): Promise<Trace[]> {
  const traces: Trace[] = [];
  for await (const names of redis.scanStream({ match: `${prefix}*`, count: 1_000 }) as AsyncIterable<string[]>) {
    for (const name of names)
      traces.push({ place: name, text: `${name} ${JSON.stringify(await valueOf(redis, name))}` });
  }
  return traces;
}

/** Every file under a directory. */
export async function tracesInFiles(directory: string): Promise<Trace[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => join(parentPath, name));
  return Promise.all(files.map(async (place) => ({ place, text: `${place} ${await readFile(place, "latin1")}` })));
}

/** Where any of the secrets stands: in clear, or only written otherwise. */
export function leaksIn(traces: readonly Trace[], secrets: readonly string[]): string[] {
  const spellings = secrets.filter((secret) => secret !== "").flatMap(spellingsOf);
  return traces.filter(({ text }) => spellings.some((spelling) => text.includes(spelling))).map(({ place }) => place);
}

function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString("base64url"), bytes.toString("hex")];
}

async function valueOf(redis: Redis, name: string): Promise<unknown> {
  switch (await redis.type(name)) {
    case "string":
      return redis.get(name);
    case "hash":
      return redis.hgetall(name);
    case "list":
      return redis.lrange(name, 0, -1);
    case "set":
      return redis.smembers(name);
    case "zset":
      return redis.zrange(name, "0", "-1", "WITHSCORES");
    case "stream":
      return redis.xrange(name, "-", "+");
    case "none":
      return "gone meanwhile";
    default:
      throw new Error(`${name} is of a type that is not read here`);
  }
}
