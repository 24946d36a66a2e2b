import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";
import type { Keys } from "./keys.js";
import { Keyring } from "./seal.js";
import type { PlaceOf } from "./sealed-spot.js";

/** Where the key comes from: `BOT_KEY`, `BOT_KEY_FILE`, else a file in the data directory that is made if missing. */
export interface KeySource {
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly dataDirectory: string;
}

/** The keyring, and the file's path if it was made just now. */
export async function loadKeyring(source: KeySource): Promise<{ keyring: Keyring; made: string | undefined }> {
  if (source.key !== undefined) return { keyring: Keyring.parse(source.key, "BOT_KEY"), made: undefined };
  if (source.keyFile !== undefined) {
    return { keyring: Keyring.parse(await readKey(source.keyFile), "BOT_KEY_FILE"), made: undefined };
  }
  const file = join(source.dataDirectory, "key");
  const made = await makeKeyFile(source.dataDirectory, file);
  return { keyring: Keyring.parse(await readKey(file), file), made: made ? file : undefined };
}

/** The keys as they are given, in clear, to be kept elsewhere. Makes none. Throws KEY_INVALID where there are none. */
export async function keyText({ dataDirectory, key, keyFile }: KeySource): Promise<string> {
  const file = keyFile ?? join(dataDirectory, "key");
  if (key === undefined && keyFile === undefined && !existsSync(file)) {
    throw new HowdahError("KEY_INVALID", `there is no key yet: ${file} is missing`, {
      cure: "set BOT_DATA to the fleet's directory, or BOT_KEY; the first command that needs a key makes one",
    });
  }
  const text = key ?? (await readKey(file));
  Keyring.parse(text, key !== undefined ? "BOT_KEY" : file);
  return `${text.trim()}\n`;
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HowdahError("KEY_INVALID", `the key file ${file} cannot be read (${reason})`, {
      cure: "correct BOT_KEY_FILE, or make the file readable for this user",
      cause,
    });
  }
}

async function makeKeyFile(directory: string, file: string): Promise<boolean> {
  if (existsSync(file)) return false;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await linkNewKey(file);
    return true;
  } catch (cause) {
    if (existsSync(file)) return false;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HowdahError("CONFIG_INVALID", `no key can be kept in the data directory ${directory} (${reason})`, {
      cure: "set BOT_DATA to a directory that this user may write to",
      cause,
    });
  }
}

/** Several processes may start at once on one volume: a link appears whole and once. */
async function linkNewKey(file: string): Promise<void> {
  // Not by process id: in containers on one volume that is the same.
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${Keyring.generate()}\n`, { mode: 0o600, flag: "wx", flush: true });
    await link(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Proves before anything else is read or written that the keyring fits what is stored, by a sealed mark that the
 * first process leaves. Throws KEY_MISMATCH.
 */
export async function checkKeyring(redis: Redis, keys: Keys, keyring: Keyring): Promise<void> {
  const place = keyMark(keys);
  // Only where it is missing: a Redis that is full can still be looked at.
  if ((await redis.get(place)) === null) await redis.set(place, keyring.seal("howdah", place), "NX");
  const mark = await redis.get(place);
  if (mark !== null) keyring.open(mark, place);
}

/** Where the mark is. It is sealed under the key that the fleet writes with. */
export function keyMark(keys: Keys): string {
  return keys.fleet("key-check");
}

/** The place of the mark, for those who walk over everything that is sealed. */
export const keyMarkPlace: PlaceOf = ({ key, of, rest }) => (of === "fleet" && rest === "key-check" ? key : undefined);
