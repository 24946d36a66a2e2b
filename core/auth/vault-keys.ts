import type { Keys } from "../store/keys.js";
import { restAfter, type PlaceOf } from "../store/sealed-spot.js";
import type { AccountKey } from "./vault.js";

/** Names of the vault's keys in Redis. */
export function vaultKeys(keys: Keys) {
  return {
    credentials: ({ name, server }: AccountKey) => keys.account(name, "credentials", server),
    person: ({ name, server }: AccountKey) => keys.account(name, "person", server),
    pending: ({ name, server }: AccountKey) => keys.account(name, "pending", server),
    /** By server: who the account is there. */
    bound: (name: string) => keys.account(name, "bound"),
    people: (server: string) => keys.server(server, "people"),
    apps: (server: string) => keys.server(server, "apps"),
    /** Which vault this is: Redis that was emptied does not know. */
    identity: () => keys.fleet("vault"),
  };
}

/** What an account's sealed field is bound to. */
export function accountPlace({ name, server }: AccountKey, field: string): string {
  return `${name} ${server} ${field}`;
}

/** What an app is bound to. */
export function appPlace(server: string, scopes: string): string {
  return `${server} app ${scopes}`;
}

/** What stands in an app's place where the app of other scopes serves these too. Nothing of it is secret. */
export function servedBy(scopes: string): string {
  return `as ${scopes}`;
}

/** The scopes of the app that serves instead; undefined for an app. */
export function servingScopes(stored: string): string | undefined {
  return stored.startsWith("as ") ? stored.slice(3) : undefined;
}

/** The places of credentials, pending authorizations and apps, for those who walk over everything that is sealed. */
export const vaultPlace: PlaceOf = (spot) => {
  const { field, name } = spot;
  if (spot.of === "server") return spot.rest === "apps" && field !== undefined ? appPlace(name, field) : undefined;
  if (spot.of !== "account") return undefined;
  const server = restAfter(spot, "credentials");
  if (server !== undefined && field !== undefined) return accountPlace({ name, server }, field);
  const pendingAt = restAfter(spot, "pending");
  return pendingAt === undefined ? undefined : accountPlace({ name, server: pendingAt }, "pending");
};
