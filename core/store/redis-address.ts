import type { InjectionToken } from "tsyringe";

/**
 * Where a Redis server listens: a URL, or the path of its socket. Sentinels that know where it listens at the moment
 * are named by `redis+sentinel://user:password@host:port,host:port/NAME`, with `rediss+sentinel:` for TLS.
 */
export type RedisAddress = { readonly url: string } | { readonly socket: string };

/** The injection token of the address of the fleet's Redis. */
export const RedisAddressToken: InjectionToken<RedisAddress> = Symbol("RedisAddress");

/** What a URL that names sentinels says. */
export interface Sentinels {
  readonly isEncrypted: boolean;
  /** Of Redis; the sentinels' own is `?sentinel_password=`. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** What the sentinels call the server. */
  readonly name: string;
  readonly sentinelPassword: string | undefined;
}

const sentinelUrl = /^(rediss?)\+sentinel:\/\/(?:([^@/]*)@)?([^@/?]+)\/([\w.-]+)(?:\?(.*))?$/;
const sentinelHost = /^(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(?<port>\d+))?$/;
const usualSentinelPort = 26_379;

/** Whether it is an address that `connectRedis` takes. */
export function isRedisUrl(url: string): boolean {
  if (parseSentinels(url) !== undefined) return true;
  return URL.canParse(url) && ["redis:", "rediss:"].includes(new URL(url).protocol);
}

/** The address without user and password, fit for messages and logs. */
export function describeAddress(address: RedisAddress): string {
  if ("socket" in address) return address.socket;
  const sentinels = parseSentinels(address.url);
  if (sentinels !== undefined) {
    const hosts = sentinels.hosts.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
    return `${sentinels.name} of the sentinels ${hosts.join(", ")}`;
  }
  try {
    const url = new URL(address.url);
    return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
  } catch {
    return "the address in REDIS_URL";
  }
}

/** Undefined where the URL names no sentinels, or not rightly. */
export function parseSentinels(url: string): Sentinels | undefined {
  const [, scheme, login = "", list = "", name = "", query = ""] = sentinelUrl.exec(url) ?? [];
  if (scheme === undefined) return undefined;
  const [username, password] = loginIn(login);
  const hosts = list.split(",").map((text) => sentinelHost.exec(text)?.groups);
  if (hosts.includes(undefined)) return undefined;
  return {
    isEncrypted: scheme === "rediss",
    username,
    password,
    hosts: hosts.flatMap((found) => ({
      host: (found?.["host"] ?? "").replaceAll(/[[\]]/g, ""),
      port: Number(found?.["port"] ?? usualSentinelPort),
    })),
    name,
    sentinelPassword: new URLSearchParams(query).get("sentinel_password") ?? undefined,
  };
}

function loginIn(text: string): [string | undefined, string | undefined] {
  const colon = text.indexOf(":");
  if (colon === -1) return [undefined, undefined];
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)].map(decoded);
  return [username || undefined, password || undefined];
}

/** A sign that is no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
