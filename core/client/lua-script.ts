import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { asRefusal } from "../store/refusal.js";

/** A script that Redis runs in one step. It goes by its digest, and whole only to a server that does not know it yet. */
export class LuaScript {
  readonly #text: string;
  readonly #digest: string;

  constructor(text: string) {
    this.#text = text;
    this.#digest = createHash("sha1").update(text).digest("hex");
  }

  /** Runs it over `keys`, all of one hash tag. Throws `REDIS_REFUSED` where Redis takes no changes. */
  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) throw asRefusal(error);
    }
    try {
      return await redis.eval(this.#text, keys.length, ...keys, ...args);
    } catch (error) {
      throw asRefusal(error);
    }
  }
}

/** Redis puts the code of an error in front of its text; with this one it did nothing. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
