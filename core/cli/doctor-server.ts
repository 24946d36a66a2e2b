import type { NetworkError } from "../errors.js";
import { UsedUpError } from "../auth/outages.js";
import { judge } from "../auth/verdict.js";
import { certificateOf } from "../mastodon/certificate.js";
import type { Answer, Http } from "../mastodon/http.js";
import { parseRateLimit, skewOf } from "../mastodon/rate-limit.js";
import { fetchServerInfo } from "../mastodon/server-info.js";
import { fail, failure, ok, warn, type Check, type Looked } from "./doctor-check.js";

/** What the checks of a server look at. */
export interface ServerSubject {
  readonly http: Http;
  readonly origin: string;
  /** The first answer, or why there was none. */
  readonly first: Answer | NetworkError;
}

/** Whether the server is there; without it the other checks of it are in vain. */
export const reachable: Check<ServerSubject> = {
  name: "server.reachable",
  look: ({ first, origin }) => {
    if (!("failure" in first) && first.status < 500 && first.status !== 429) return ok(`${origin} answers`);
    if (first instanceof UsedUpError) return failure(first);
    const { cure, reason } = judge(first);
    return fail(`${origin}: ${reason}`, cure);
  },
};

/** What a server says to anybody. */
export const serverChecks: readonly Check<ServerSubject>[] = [
  { name: "server.certificate", look: certificate },
  { name: "server.software", look: software },
  { name: "server.oauth", look: oauth },
  { name: "server.clock", look: clock },
];

const soonDays = 14;

async function certificate({ origin }: ServerSubject): Promise<Looked> {
  if (!origin.startsWith("https:")) return ok("none: this server is reached without encryption");
  const { issuer, validTo } = await certificateOf(origin);
  const days = Math.floor((validTo.getTime() - Date.now()) / 86_400_000);
  const found = `good for ${days} days, by ${issuer}`;
  return days < soonDays ? warn(found, "tell the server's admin: the account stops when it ends") : ok(found);
}

async function software({ http, origin }: ServerSubject): Promise<Looked> {
  const { software: name, source, title, version } = await fetchServerInfo(http, origin);
  if (source === "none") {
    return warn("the server tells nothing of itself", "check server: in accounts.yaml; usual values are taken");
  }
  return ok(`${title ?? "untitled"}: ${name ?? "unknown software"} ${version ?? "of unknown version"}`);
}

async function oauth({ http, origin }: ServerSubject): Promise<Looked> {
  const path = "/.well-known/oauth-authorization-server";
  const answer = await http.send({ origin, method: "GET", path, what: "oauth metadata" });
  const usual = "the usual addresses are taken, without PKCE";
  const { body } = answer;
  if (answer.status !== 200 || typeof body !== "object" || body === null) return ok(`no metadata: ${usual}`);
  const said = body as Record<string, unknown>;
  if (typeof said["issuer"] !== "string" || said["issuer"].replace(/\/$/, "") !== origin) {
    return warn(`its metadata names another issuer: ${usual}`, "put the issuer's address into server: if it has moved");
  }
  const methods = said["code_challenge_methods_supported"];
  const hasPkce = Array.isArray(methods) && methods.includes("S256");
  return ok(hasPkce ? "metadata with PKCE" : "metadata without PKCE");
}

const clockToleranceMs = 10_000;

function clock({ first }: ServerSubject): Looked | undefined {
  if ("failure" in first) return undefined;
  if (first.serverDate === undefined) return ok("the server does not say its time");
  const aheadMs = skewOf(first);
  if (Math.abs(aheadMs) < clockToleranceMs) return ok("the same as this host's, to some seconds");
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  return warn(
    `this host's is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the server's`,
    "let this host take its time from NTP; if it does, the server's is wrong",
  );
}

/** What the answer says of the server's limits. */
export function limitsIn(answer: Answer): Looked {
  const limit = parseRateLimit(answer);
  if (limit === undefined) return ok("the server does not say its limits");
  const found = `${limit.left} of ${limit.limit} requests left until ${new Date(limit.resetsAt).toISOString()}`;
  return limit.left < limit.limit / 10 ? warn(found, "wait until then; if it stays so, ask for less") : ok(found);
}
