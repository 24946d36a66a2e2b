import { createCipheriv, createDecipheriv, createHash, randomBytes, randomFillSync } from "node:crypto";
import type { InjectionToken } from "tsyringe";
import { HowdahError } from "../errors.js";

const algorithm = "aes-256-gcm";
const version = "v1";
/** Without a fixed length a decipher takes a tag of four bytes for whole. */
const authTagLength = 16;
/** What `seal` gives: form, key id, nonce of 12 bytes, data with its tag. */
const sealedForm = /^v1\.([0-9a-f]{8})\.[\w-]{16}\.[\w-]{22,}$/;

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Encrypts what must not stand in clear in Redis or in files: AES-256-GCM, a random nonce each time, associated
 * data that binds a value to its place. Seals with the newest key unless told otherwise, opens with any.
 */
export class Keyring {
  readonly #keys: readonly [Key, ...Key[]];
  #writing: Key;

  private constructor(keys: [Key, ...Key[]]) {
    this.#keys = keys;
    this.#writing = keys[0];
  }

  /** From base64 of 32 bytes, several separated by commas, the newest first. Throws KEY_INVALID naming `source`. */
  static parse(text: string, source: string): Keyring {
    const keys = text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map((part) => parseKey(part, source))
      .filter(({ id }, index, all) => all.findIndex((key) => key.id === id) === index);
    const [newest, ...older] = keys;
    if (newest === undefined) throw invalid(source);
    return new Keyring([newest, ...older]);
  }

  /** A fresh key as base64, for a key file. */
  static generate(): string {
    return randomBytes(32).toString("base64");
  }

  /** Of the keys at hand, the newest first. */
  get ids(): readonly [string, ...string[]] {
    const [newest, ...older] = this.#keys;
    return [newest.id, ...older.map(({ id }) => id)];
  }

  /** The id of the key that `seal` takes. */
  get writing(): string {
    return this.#writing.id;
  }

  /** From now on `seal` takes that key. False where it is not at hand: then nothing changes. */
  writeWith(id: string): boolean {
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (key !== undefined) this.#writing = key;
    return key !== undefined;
  }

  /**
   * `place` names what the value belongs to, for example account, origin and field. `keyId` is another key at hand than
   * the one in use.
   */
  seal(text: string, place: string, keyId = this.#writing.id): string {
    const key = this.#keys.find(({ id }) => id === keyId) ?? this.#writing;
    const nonce = nextNonce();
    const cipher = createCipheriv(algorithm, key.bytes, nonce, { authTagLength });
    cipher.setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return [version, key.id, nonce.toString("base64url"), sealed.toString("base64url")].join(".");
  }

  /** What `seal` was given. Throws KEY_MISMATCH where no key at hand opens it or it was moved from its place. */
  open(sealed: string, place: string): string {
    const [form, keyId, nonce, data] = sealed.split(".");
    const key = this.#keys.find(({ id }) => id === keyId);
    if (form !== version || key === undefined || nonce === undefined || data === undefined) throw mismatch();
    try {
      const bytes = Buffer.from(data, "base64url");
      const decipher = createDecipheriv(algorithm, key.bytes, Buffer.from(nonce, "base64url"), { authTagLength });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(bytes.subarray(-authTagLength));
      return decipher.update(bytes.subarray(0, -authTagLength), undefined, "utf8") + decipher.final("utf8");
    } catch (cause) {
      throw mismatch(cause);
    }
  }
}

/** The id of the key that sealed the text; undefined where the text is nothing that was sealed. */
export function sealedUnder(text: string): string | undefined {
  return sealedForm.exec(text)?.[1];
}

const nonceBytes = 12;
const nonces = Buffer.alloc(nonceBytes * 256);
let noncesTaken = nonces.length;

/** Random, each given once. Many are drawn at a time: drawing one takes as long as making the cipher. */
function nextNonce(): Buffer {
  if (noncesTaken === nonces.length) {
    randomFillSync(nonces);
    noncesTaken = 0;
  }
  noncesTaken += nonceBytes;
  return nonces.subarray(noncesTaken - nonceBytes, noncesTaken);
}

function parseKey(text: string, source: string): Key {
  const bytes = Buffer.from(text, "base64");
  const isWhole = bytes.length === 32 && bytes.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  if (!isWhole) throw invalid(source);
  return { id: createHash("sha256").update("howdah key id").update(bytes).digest("hex").slice(0, 8), bytes };
}

function invalid(source: string): HowdahError {
  return new HowdahError("KEY_INVALID", `${source} does not hold base64 of 32 bytes`, {
    cure: "make one with: head -c 32 /dev/urandom | base64",
  });
}

function mismatch(cause?: unknown): HowdahError {
  return new HowdahError("KEY_MISMATCH", "the key at hand does not open what is stored in Redis", {
    cure: "give the key that it was stored with in BOT_KEY or BOT_KEY_FILE; nothing was changed",
    cause,
  });
}

/** The injection token of the keyring. */
export const KeyringToken: InjectionToken<Keyring> = Symbol("Keyring");
