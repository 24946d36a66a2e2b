import type { Keys } from "./keys.js";

/** Where a value stands in Redis, as rooms name their keys. */
export interface Spot {
  /** The whole key. */
  readonly key: string;
  readonly of: "account" | "server" | "fleet";
  /** The account's name or the server's origin; empty for the fleet. */
  readonly name: string;
  /** What follows the hash tag, for example `credentials:https://mastodon.social`. */
  readonly rest: string;
  /** Of a hash; undefined for a string. */
  readonly field: string | undefined;
}

/** Says to which place the value at a spot is bound; undefined where the room that answers seals nothing there. */
export type PlaceOf = (spot: Spot) => string | undefined;

/** The spot of a key of this fleet; undefined for one that accounts, servers and fleet do not own (queues). */
export function spotOf(keys: Keys, key: string, field?: string): Spot | undefined {
  if (!key.startsWith(`${keys.prefix}:{`)) return undefined;
  const parts = /^\{(?:(account|server):([^}]*)|fleet)\}:(.*)$/s.exec(key.slice(keys.prefix.length + 1));
  if (parts === null) return undefined;
  const [, of = "fleet", name = "", rest = ""] = parts;
  return { key, of: of === "account" || of === "server" ? of : "fleet", name, rest, field };
}

/** What follows `kind:` in the spot's key; undefined where it is of another kind. */
export function restAfter({ rest }: Spot, kind: string): string | undefined {
  return rest.startsWith(`${kind}:`) ? rest.slice(kind.length + 1) : undefined;
}
