import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** A script that Redis runs in one step. It goes by its digest, and whole only to a server that does not know it yet. */
export class LuaScript {
  readonly #text: string;
  readonly #digest: string;

  constructor(text: string) {
    this.#text = text;
    this.#digest = createHash("sha1").update(text).digest("hex");
  }

  /** Runs it over `keys`, all of one hash tag. */
  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return redis.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}

/** Redis puts the code of an error in front of its text; with this one it did nothing. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
