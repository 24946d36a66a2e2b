import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";

/** A way in which Redis comes to read only, and back. */
export interface RefusalKind {
  /** Its code in Redis' errors. */
  readonly code: string;
  readonly begin: (redis: Redis) => Promise<void>;
  readonly end: (redis: Redis) => Promise<void>;
}

/** Each way that an operator meets. For an `OwnRedis`. */
export const refusalKinds: readonly RefusalKind[] = [
  {
    code: "OOM",
    begin: async (redis) => void (await redis.config("SET", "maxmemory", "1")),
    end: async (redis) => void (await redis.config("SET", "maxmemory", "0")),
  },
  { code: "MISCONF", begin: failToSave, end: async (redis) => void (await redis.config("SET", "save", "")) },
  {
    code: "READONLY",
    // Of a primary that does not answer: the data stays as it is.
    begin: async (redis) => void (await redis.replicaof("127.0.0.1", "1")),
    end: async (redis) => void (await redis.replicaof("NO", "ONE")),
  },
];

export function refusalNamed(code: string): RefusalKind {
  const kind = refusalKinds.find((candidate) => candidate.code === code);
  if (kind === undefined) throw new Error(`no refusal has the code ${code}`);
  return kind;
}

/** As on a full disk: snapshots are wanted, and the last one could not be written. */
async function failToSave(redis: Redis): Promise<void> {
  const gone = await mkdtemp(join(tmpdir(), "howdah-gone-"));
  const [, before = ""] = await redis.config("GET", "dir");
  await redis.config("SET", "dir", gone);
  await rm(gone, { recursive: true });
  await redis.config("SET", "save", "3600 1000000");
  await redis.bgsave();
  while (!(await redis.info("persistence")).includes("rdb_last_bgsave_status:err")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await redis.config("SET", "dir", before);
}
