import type { AuthAccount } from "../../core/auth/auth-service.js";
import type { Sandbox } from "../../sandbox/index.js";
import type { RefreshProcessSettings } from "./refresh-child.js";
import {
  accountOn,
  authorize,
  count,
  needed,
  sandboxFor,
  servicesAt,
  token,
  type Place,
  type Services,
} from "./services.js";

/** When the old pair ends. */
export type Rotation = "at-once" | "on-first-use";

/** An account whose token the server has let expire, with its refresh token good. */
export interface ExpiredToken {
  readonly sandbox: Sandbox;
  readonly services: Services;
  readonly account: AuthAccount;
  /** For a process that takes it through the sequence. */
  readonly settings: RefreshProcessSettings;
}

/** Authorizes an account as alice and lets the token expire. */
export async function expiredToken(here: Place, rotate: Rotation): Promise<ExpiredToken> {
  const sandbox = await sandboxFor({ refreshTokens: { expiresInSeconds: 3_600, rotate } });
  const services = servicesAt(here);
  const account = accountOn(sandbox.url);
  await authorize(services, sandbox, account, "alice");
  sandbox.expire("alice");
  sandbox.clearRequests();
  const settings = {
    redisUrl: here.corner.url,
    prefix: here.corner.prefix,
    key: here.key,
    server: account.server,
    account: account.name,
    needed,
    leaseMs: 1_000,
  };
  return { sandbox, services, account, settings };
}

/** How many refresh requests came. */
export function refreshes(sandbox: Sandbox): number {
  return count(sandbox, token, { grant_type: "refresh_token" });
}
