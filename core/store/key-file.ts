import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";
import type { Keys } from "./keys.js";
import { Keyring } from "./seal.js";

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

/** Several processes may start at once on one volume: a link appears whole and once. */
async function makeKeyFile(directory: string, file: string): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HowdahError("CONFIG_INVALID", `the data directory ${directory} cannot be made (${reason})`, {
      cure: "set BOT_DATA to a directory that this user may write to",
      cause,
    });
  });
  const draft = `${file}.${process.pid}`;
  try {
    await writeFile(draft, `${Keyring.generate()}\n`, { mode: 0o600 });
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/**
 * Proves before anything else is read or written that the keyring fits what is stored, by a sealed mark that the
 * first process leaves. Throws KEY_MISMATCH.
 */
export async function checkKeyring(redis: Redis, keys: Keys, keyring: Keyring): Promise<void> {
  const place = keys.fleet("key-check");
  await redis.set(place, keyring.seal("howdah", place), "NX");
  const mark = await redis.get(place);
  if (mark !== null) keyring.open(mark, place);
}
