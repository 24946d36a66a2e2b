import type { DependencyContainer } from "tsyringe";
import type { Account } from "../accounts/account.js";
import { AuthService, personIn } from "../auth/auth-service.js";
import { UsedUpError } from "../auth/outages.js";
import { VaultToken, type Credentials } from "../auth/vault.js";
import { cureFor, judge } from "../auth/verdict.js";
import type { NetworkError } from "../errors.js";
import { neededScopes } from "../host/needed-scopes.js";
import { UserAgentToken } from "../host/tokens.js";
import type { CredentialAccount } from "../mastodon/entities.js";
import { HttpToken, type Answer } from "../mastodon/http.js";
import { missingScopes } from "../mastodon/scopes.js";
import { fetchServerInfo } from "../mastodon/server-info.js";
import { streamingAddress } from "../mastodon/stream.js";
import type { Plugin } from "../plugin.js";
import { fail, failure, ok, warn, type Check, type Looked } from "./doctor-check.js";
import { limitsIn } from "./doctor-server.js";
import { endWords, tryStream } from "./doctor-stream.js";

/** What the checks of an account look at. */
export interface AccountSubject {
  readonly account: Account<Plugin>;
  readonly container: DependencyContainer;
  readonly credentials: Credentials | undefined;
  /** What the server answered to the question whose token it is; undefined without a token. */
  readonly asked: Answer | NetworkError | undefined;
  /** As verified. */
  readonly person: CredentialAccount | undefined;
}

/** Looks the account up, and asks its server once whose token it is. Nothing is renewed, dropped or stored. */
export async function accountSubject(
  account: Account<Plugin>,
  container: DependencyContainer,
): Promise<AccountSubject> {
  const credentials = await container.resolve(VaultToken).credentials(account);
  const asked =
    credentials === undefined
      ? undefined
      : await container.resolve(AuthService).verify(account, credentials.accessToken);
  const isGood = asked !== undefined && !("failure" in asked) && judge(asked).state === "ready";
  return { account, container, credentials, asked, person: isGood ? personIn(asked.body) : undefined };
}

/** How one account stands with its server. */
export const accountChecks: readonly Check<AccountSubject>[] = [
  { name: "account.token", look: token },
  { name: "account.verified", look: verified },
  { name: "account.person", look: whose },
  { name: "account.label", look: label },
  { name: "account.scopes", look: scopes },
  { name: "account.limits", look: limits },
  { name: "account.streaming", look: streaming },
];

const soonMs = 7 * 86_400_000;

function token({ account, credentials }: AccountSubject): Looked {
  const authorize = `run: bot auth ${account.name}`;
  if (credentials === undefined) return fail("there is none", authorize);
  const { expiresAt, refreshToken } = credentials;
  if (expiresAt === undefined) return ok("does not expire");
  const leftMs = expiresAt - Date.now();
  const when = leftMs < 0 ? "expired" : `expires in ${spanOf(leftMs)}`;
  if (refreshToken !== undefined) return ok(`${when}, and is renewed by itself`);
  if (leftMs < 0) return fail(`${when}, and cannot be renewed`, authorize);
  const found = `${when}, and cannot be renewed`;
  return leftMs < soonMs ? warn(found, `before that, ${authorize}`) : ok(found);
}

function verified({ account, asked, credentials }: AccountSubject): Looked | undefined {
  if (asked === undefined) return undefined;
  if (asked instanceof UsedUpError) return failure(asked);
  const verdict = judge(asked, credentials?.scopes);
  return verdict.state === "ready"
    ? ok("the server takes the token")
    : fail(verdict.reason, cureFor(account.name, verdict));
}

async function whose({ account, container, person }: AccountSubject): Promise<Looked | undefined> {
  if (person === undefined) {
    const pinned = await container.resolve(VaultToken).person(account);
    return pinned === undefined ? undefined : ok(`@${pinned.username} so far (${pinned.id})`);
  }
  const against = await container.resolve(AuthService).whyNot(account, person);
  return against === undefined ? ok(`@${person.username} (${person.id})`) : fail(against.reason, against.cure);
}

function label({ account, person }: AccountSubject): Looked | undefined {
  if (person === undefined) return undefined;
  if (person.bot) return ok("labelled as a bot");
  const cure = "tick 'This is an automated account' in its profile";
  if (account.allowUnlabelled) return warn("not labelled as a bot; allow_unlabelled lets it write", cure);
  return fail("not labelled as a bot: it does not write", `${cure}, or set allow_unlabelled: true`);
}

function scopes({ account, credentials }: AccountSubject): Looked {
  const needed = neededScopes(account).scopes;
  if (credentials === undefined) return ok(`${needed.join(" ")} will be asked for`);
  const missing = missingScopes(credentials.scopes, needed);
  if (missing.length === 0) return ok(`needed ${needed.join(" ")}; granted ${credentials.scopes.join(" ")}`);
  return fail(
    `missing ${missing.join(" ")}; granted ${credentials.scopes.join(" ")}`,
    `run: bot auth ${account.name}; where the server grants no more, the plugins that need these wait`,
  );
}

function limits({ asked }: AccountSubject): Looked | undefined {
  return asked === undefined || "failure" in asked ? undefined : limitsIn(asked);
}

async function streaming({ account, container, credentials, person }: AccountSubject): Promise<Looked | undefined> {
  if (credentials === undefined || person === undefined) return undefined;
  const { streaming: base } = await fetchServerInfo(container.resolve(HttpToken), account.server);
  if (base === undefined) return ok("this software has none: notifications are asked for each minute");
  const url = streamingAddress(base);
  const { end, way } = await tryStream({
    url,
    token: credentials.accessToken,
    userAgent: container.resolve(UserAgentToken),
  });
  if (end === "open") return ok(`${url} takes the token${way === "header" ? "" : ` (${way})`}`);
  return fail(
    `${url}: ${endWords(end)}`,
    "tell the server's admin, or ask which proxy stands before it; until then notifications are polled",
  );
}

function spanOf(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours < 48) return `${Math.max(1, Math.round(hours))} h`;
  return hours < 24 * 730 ? `${Math.round(hours / 24)} days` : `${Math.round(hours / 8_766)} years`;
}
