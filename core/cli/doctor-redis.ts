import type { Redis } from "ioredis";
import { fail, ok, warn, type Check, type Looked } from "./doctor-check.js";

/** What Redis says of itself, asked once. */
export interface RedisFacts {
  /** Of `INFO`, by name. */
  readonly info: ReadonlyMap<string, string>;
  /** Undefined where `CONFIG` is not allowed, as with many hosted servers. */
  readonly appendfsync: string | undefined;
  /** How far this host's clock is ahead of Redis', in milliseconds, give or take half the way there and back. */
  readonly clockAheadMs: number;
  readonly roundTripMs: number;
}

/** Asks Redis for all that the checks look at. */
export async function redisFacts(redis: Redis): Promise<RedisFacts> {
  const info = new Map(
    [...(await redis.info()).matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const setting = await redis.config("GET", "appendfsync").catch(() => undefined);
  const appendfsync = Array.isArray(setting) ? setting[1] : undefined;
  const asked = Date.now();
  const [seconds, microseconds] = await redis.time();
  const answered = Date.now();
  const there = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  return { info, appendfsync, clockAheadMs: (asked + answered) / 2 - there, roundTripMs: answered - asked };
}

/** The settings and the health of Redis. What weaker settings give up is said for each. */
export const redisChecks: readonly Check<RedisFacts>[] = [
  { name: "redis.version", look: version },
  { name: "redis.maxmemory-policy", look: eviction },
  { name: "redis.appendonly", look: appendOnly },
  { name: "redis.appendfsync", look: fsync },
  { name: "redis.persistence", look: persistence },
  { name: "redis.replicas", look: replicas },
  { name: "redis.memory", look: memory },
  { name: "redis.clock", look: clock },
];

const settings = "set it in the server's configuration (redis.conf or CONFIG SET): ";

function version({ info }: RedisFacts): Looked {
  const valkey = info.get("valkey_version");
  if (valkey !== undefined) return ok(`Valkey ${valkey}`);
  const number = info.get("redis_version") ?? "";
  const [major = 0, minor = 0] = number.split(".").map(Number);
  const isOld = major < 6 || (major === 6 && minor < 2);
  if (isOld) return warn(`Redis ${number || "of unknown version"}`, "use Redis 6.2 or newer; 7 is tested");
  return info.get("role") === "slave"
    ? fail(`Redis ${number}, a replica: it takes no writes`, "let REDIS_URL name the primary")
    : ok(`Redis ${number}`);
}

function eviction({ info }: RedisFacts): Looked {
  const policy = info.get("maxmemory_policy");
  if (policy === "noeviction") return ok(policy);
  if (policy === undefined) return warn("the server does not say", `${settings}maxmemory-policy noeviction`);
  return fail(
    `${policy}: when its memory is full, Redis throws away waiting events (lost), records of writes (doubled posts) and tokens`,
    `${settings}maxmemory-policy noeviction`,
  );
}

function appendOnly({ info }: RedisFacts): Looked {
  const isOn = info.get("aof_enabled");
  if (isOn === "1") return ok("yes");
  if (isOn === undefined) return warn("the server does not say", `${settings}appendonly yes`);
  return warn(
    "no: when Redis dies, all since its last snapshot is gone: waiting events are lost, writes may be doubled, and refresh tokens that were spent since lock their accounts out",
    `${settings}appendonly yes`,
  );
}

const fsyncWords: Readonly<Record<string, string>> = {
  everysec:
    "everysec: when the machine dies, about a second is gone: an event acknowledged in it is handled again, a write recorded in it may be doubled, a token renewed in it may be lost",
  no: "no: when the machine dies, what the system had not written yet is gone, half a minute or more: events are lost, writes doubled, renewed tokens lost",
};

function fsync({ appendfsync, info }: RedisFacts): Looked | undefined {
  if (info.get("aof_enabled") !== "1") return undefined;
  if (appendfsync === "always") return ok(appendfsync);
  if (appendfsync === undefined) {
    return warn(
      "the server does not say: CONFIG is not allowed. Anything but always gives up to a second, or more, when the machine dies",
      "ask whoever runs it for appendfsync always",
    );
  }
  return warn(fsyncWords[appendfsync] ?? appendfsync, `${settings}appendfsync always`);
}

const lastStatuses = ["aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"];

function persistence({ info }: RedisFacts): Looked {
  if (info.get("loading") === "1") return warn("Redis is still reading its data", "wait until it is done");
  const wrong = lastStatuses.filter((name) => (info.get(name) ?? "ok") !== "ok");
  if (wrong.length === 0) return ok("the last writes to the disk succeeded");
  return fail(
    `Redis could not save: ${wrong.join(", ")}. It refuses writes then, and what it holds is in memory only`,
    "look for a full disk or missing rights in Redis' log",
  );
}

/** Replicas are told of a write after it was acknowledged. */
function replicas({ info }: RedisFacts): Looked {
  const count = Number(info.get("connected_slaves") ?? 0);
  if (count === 0) return ok("none");
  return warn(
    `${count} of them follow a moment behind: when one takes over, what was acknowledged in that moment may be gone: an event is handled again, a write may be doubled, a renewed token may be lost`,
    "it is the price of a failover; min-replicas-to-write 1 and min-replicas-max-lag 10 keep it short where the server is cut off",
  );
}

function memory({ info }: RedisFacts): Looked {
  const [used, most] = [Number(info.get("used_memory") ?? 0), Number(info.get("maxmemory") ?? 0)];
  if (most === 0) return ok(`${mebibytes(used)} used, no limit of its own`);
  const found = `${mebibytes(used)} of ${mebibytes(most)} used`;
  const cure = "raise maxmemory, or give each fleet a server of its own; when it is full, nothing can be recorded";
  if (used > most * 0.95) return fail(found, cure);
  return used > most * 0.8 ? warn(found, cure) : ok(found);
}

const clockToleranceMs = 1_000;

function clock({ clockAheadMs, roundTripMs }: RedisFacts): Looked {
  const apartMs = Math.max(0, Math.abs(clockAheadMs) - roundTripMs / 2);
  if (apartMs < clockToleranceMs) return ok("the same as this host's, to a second");
  const seconds = (apartMs / 1_000).toFixed(1);
  return warn(
    `this host's is ${seconds} s ${clockAheadMs > 0 ? "ahead of" : "behind"} Redis'`,
    "let both hosts take their time from NTP",
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
