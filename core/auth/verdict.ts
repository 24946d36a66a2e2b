import { NetworkError, type NetworkFailure } from "../errors.js";
import { missingScopes } from "../mastodon/scopes.js";
import { NotAskedError, type Asked } from "./outages.js";

/** How an account stands. `held`: it could act, but something that only the operator can settle is against it. */
export type AccountState = "ready" | "needs_authorization" | "unreachable" | "refused_by_server" | "held";

/** What an answer to `verify_credentials` means for the account. */
export interface Verdict {
  readonly state: AccountState;
  /** Whether the server refused the token itself: the only ground to drop it. */
  readonly tokenRefused: boolean;
  readonly reason: string;
  readonly cure: string;
}

/** Refusals of the person, not of the token: `Your login is currently disabled` and its like. */
const personRefused = /login is|confirmed e-?mail|pending approval|currently disabled|suspended|has moved/i;
/** Refusals of the token by servers that do not answer 401: Akkoma 403, Takahe 400 in plain text. */
const tokenRefusedText =
  /invalid[ _](?:credentials|token|bearer token)|token is invalid|token was revoked|unauthori[sz]ed/i;
/** Friendica's one answer for a token that is none and for one that permits too little. */
const tokenOrScope = /not authorized with a valid user or is missing a required scope/i;
/** Stands for the account's name, which a verdict does not know. */
const accountMark = "<account>";

const comesBack = "nothing: it is asked again by itself";
const authorize = `run: bot auth ${accountMark}`;
const checkServer = "check server: in accounts.yaml";

/**
 * Reads the answer to `GET /api/v1/accounts/verify_credentials` (a pure function of status, body and failure). The
 * token's scopes, where they are known, tell what a refusal means that may be about either.
 * @see https://docs.joinmastodon.org/methods/accounts/#verify_credentials
 */
export function judge(asked: Asked, granted: readonly string[] = []): Verdict {
  if (asked instanceof NotAskedError) return unreachable(asked.waiting.reason, comesBack);
  if (asked instanceof NetworkError) return unreachable(failureTexts[asked.failure], failureCures[asked.failure]);
  const { status } = asked;
  const said = textOf(asked.body);
  if (status >= 200 && status < 300) return { state: "ready", tokenRefused: false, reason: "", cure: "" };
  if (status === 401 && isWebPage(asked.body)) {
    return refused("the server, or a proxy before it, wants a sign-in of its own (401)", checkServer);
  }
  if (status === 401) return tokenRefused(said || "the server refuses the token");
  if (status === 403) return judgeForbidden(said, granted);
  if (status === 400 && tokenRefusedText.test(said)) return tokenRefused(said);
  if (status === 422) {
    return refused(said || "the server cannot process the request", `the token may be an app's: ${authorize}`);
  }
  if (status === 418)
    return refused("the server refuses the client's User-Agent (418)", "set contact in accounts.yaml");
  if (status === 429) return unreachable("the server's rate limit is used up (429)", comesBack);
  if (status >= 500) return unreachable(`the server is out of order (${status})`, comesBack);
  return refused(`the server answered ${status}${said && `: ${said}`}`, checkServer);
}

/** Reads the answer to `POST /api/v1/apps` that brought no app. */
export function judgeRegistration(asked: Asked): Verdict {
  if (asked instanceof NetworkError || asked.status === 418 || asked.status === 429 || asked.status >= 500) {
    return judge(asked);
  }
  const said = textOf(asked.body);
  return refused(
    `the server does not register the app (${asked.status})${said && `: ${said}`}`,
    `${checkServer}, and whether the server knows the scopes`,
  );
}

/**
 * Reads a token endpoint's refusal of a renewal. Undefined: it is about the refresh token or the app; a server that is
 * out of order, or a proxy that knows nothing of OAuth, has refused neither.
 */
export function judgeRenewal({ error, status }: { error: string; status: number }): Verdict | undefined {
  if (error !== "" && status < 500 && status !== 429) return undefined;
  return unreachable(`the server does not renew the token (${status})`, comesBack);
}

/** The verdict's cure with the account's name in it. */
export function cureFor(account: string, { cure }: Pick<Verdict, "cure">): string {
  return cure.replace(accountMark, () => account);
}

function judgeForbidden(said: string, granted: readonly string[]): Verdict {
  if (personRefused.test(said)) {
    return refused(said, "sign in on the server's web page and see what it asks for; the token is kept");
  }
  if (tokenRefusedText.test(said)) return tokenRefused(said);
  if (tokenOrScope.test(said) && missingScopes(granted, ["read:accounts"]).length === 0) return tokenRefused(said);
  if (/scope/i.test(said)) return refused(said, authorize);
  return refused(said || "the server forbids the request (403)", "sign in on the server's web page; the token is kept");
}

const failureTexts: Record<NetworkFailure, string> = {
  dns: "the server's name cannot be resolved",
  refused: "the server refuses connections",
  timeout: "the server does not answer in time",
  certificate: "the server's certificate is not valid",
  cut: "the server cut the connection",
  redirect: "the server redirects to another address",
  too_large: "the server's answer is too large",
  not_json: "the server answers with a web page instead of the API",
  aborted: "the request was given up",
  unasked: "the server could not be asked in time",
  other: "the server cannot be reached",
};

const failureCures: Record<NetworkFailure, string> = {
  dns: "check server: in accounts.yaml and this host's DNS",
  refused: comesBack,
  timeout: comesBack,
  certificate: "tell the server's admin; it is asked again by itself",
  cut: comesBack,
  redirect: "put the address that it redirects to into server: in accounts.yaml",
  too_large: comesBack,
  not_json: "check server: in accounts.yaml; it must be the server's own address",
  aborted: comesBack,
  unasked: comesBack,
  other: comesBack,
};

function tokenRefused(reason: string): Verdict {
  return { state: "needs_authorization", tokenRefused: true, reason, cure: authorize };
}

function unreachable(reason: string, cure: string): Verdict {
  return { state: "unreachable", tokenRefused: false, reason, cure };
}

function refused(reason: string, cure: string): Verdict {
  return { state: "refused_by_server", tokenRefused: false, reason, cure };
}

/** What the server says, as one line that a terminal can show. */
function textOf(body: unknown): string {
  if (isWebPage(body)) return "";
  const said = typeof body === "object" && body !== null && "error" in body ? body.error : body;
  return typeof said === "string"
    ? said
        .replaceAll(/\p{Cc}+/gu, " ")
        .trim()
        .slice(0, 200)
    : "";
}

function isWebPage(body: unknown): boolean {
  return typeof body === "string" && body.trimStart().startsWith("<");
}
