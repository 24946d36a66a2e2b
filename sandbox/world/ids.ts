import { randomBytes } from "node:crypto";
import type { IdForm } from "../dialects/dialect.js";

/** Gives out ids in the form of a server family, each after the one before in that family's order. */
export class IdSource {
  readonly #form: IdForm;
  #last = 0n;

  constructor(form: IdForm) {
    this.#form = form;
  }

  /** `type` is what it is an id of, where the form says it. */
  next(type = ""): string {
    const byClock = BigInt(Date.now()) << 16n;
    this.#last = byClock > this.#last ? byClock : this.#last + 1n;
    return written[this.#form](this.#last, type);
  }
}

/** Writes a number whose upper bits are milliseconds and whose lower 16 count within one. */
type Writer = (count: bigint, type: string) => string;

const written: Readonly<Record<IdForm, Writer>> = {
  // https://github.com/mastodon/mastodon/blob/main/lib/mastodon/snowflake.rb
  snowflake: (count) => count.toString(),
  ulid: (count) => inBase((count << 64n) | randomBits(64), crockford, 26),
  uuid,
  flake: (count) => inBase((count << 32n) | randomBits(32), base62, 18),
  "time-type-uuid": (count, type) => `${new Date(Number(count >> 16n)).toISOString()}/${type}/${uuid(count)}`,
};

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Version 7: the counter takes `rand_a` and the start of `rand_b`. @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
function uuid(count: bigint): string {
  const time = (count >> 16n).toString(16).padStart(12, "0");
  const counter = (count & 0xffffn).toString(16).padStart(4, "0");
  const tail = randomBits(56).toString(16).padStart(14, "0");
  const version = `7${counter.slice(0, 3)}`;
  const variant = `8${counter.slice(3)}${tail.slice(0, 2)}`;
  return [time.slice(0, 8), time.slice(8), version, variant, tail.slice(2)].join("-");
}

function inBase(value: bigint, digits: string, length: number): string {
  const base = BigInt(digits.length);
  let text = "";
  for (let rest = value; text.length < length; rest /= base) text = (digits[Number(rest % base)] ?? "") + text;
  return text;
}

const randomBits = (bits: number): bigint => BigInt(`0x${randomBytes(bits / 8).toString("hex")}`);

const numeric = /^\d+$/;

/** Orders ids as servers do: numbers by length, then by text; others by text. Negative when `a` is the older one. */
export function compareIds(a: string, b: string): number {
  if (a.length !== b.length && numeric.test(a) && numeric.test(b)) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
