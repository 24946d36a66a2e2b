import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { Keys } from "../store/keys.js";
import type { Keyring } from "../store/seal.js";
import type { PlaceOf } from "../store/sealed-spot.js";

/**
 * The key of the digests that stand for entries of accounts.yaml. It is random, made once for a fleet, and only sealed
 * in Redis: without the fleet's key nobody can try out what a digest stands for.
 */
export async function configSecret(redis: Redis, keys: Keys, keyring: Keyring): Promise<Buffer> {
  const place = keys.fleet("config", "secret");
  if ((await redis.get(place)) === null)
    await redis.set(place, keyring.seal(randomBytes(32).toString("base64"), place), "NX");
  return Buffer.from(keyring.open((await redis.get(place)) ?? "", place), "base64");
}

/** The place of the secret, for those who walk over everything that is sealed. */
export const configSecretPlace: PlaceOf = ({ key, of, rest }) =>
  of === "fleet" && rest === "config:secret" ? key : undefined;
