import type { InjectionToken } from "tsyringe";

/**
 * Names of keys in Redis. Everything of an account shares one hash tag, of a server another, so that each
 * script touches one slot of a cluster only. The prefix keeps fleets apart.
 */
export interface Keys {
  readonly prefix: string;
  /** Of one account, for example `howdah:{account:newsbot}:credentials`. */
  account(name: string, ...parts: string[]): string;
  /** Of one server, by origin. */
  server(origin: string, ...parts: string[]): string;
  /** Of a server as it is reached from one public address, which is named by `BOT_EGRESS`. */
  egress(address: string, origin: string, ...parts: string[]): string;
  /** Of the fleet as a whole. */
  fleet(...parts: string[]): string;
}

/** Key names under `prefix` (`BOT_PREFIX`). */
export function keysUnder(prefix: string): Keys {
  const name = (tag: string, parts: string[]) => [`${prefix}:{${tag}}`, ...parts].join(":");
  return {
    prefix,
    account: (account, ...parts) => name(`account:${account}`, parts),
    server: (origin, ...parts) => name(`server:${origin}`, parts),
    egress: (address, origin, ...parts) => name(`egress:${address}:${origin}`, parts),
    fleet: (...parts) => name("fleet", parts),
  };
}

/** The injection token of the key names. */
export const KeysToken: InjectionToken<Keys> = Symbol("Keys");
