import { dirname, join, resolve } from "node:path";
import { HowdahError } from "../errors.js";
import { isRedisUrl } from "../store/redis-address.js";

/** What the environment says, with defaults. */
export interface Environment {
  readonly redisUrl: string | undefined;
  /** As the operator typed it: errors name it so. */
  readonly accountsFile: string;
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly dataDirectory: string;
  readonly prefix: string;
  /** Names this host's public address: servers count by it. */
  readonly egress: string;
  /** Multiplies the windows of limits, at servers on this machine only. */
  readonly windowScale: number;
  /** Of the health check; undefined: none. */
  readonly port: number | undefined;
  readonly logLevel: string;
  /** Where programs are searched. */
  readonly path: string | undefined;
  /** Everything, for `${NAME}` in accounts.yaml. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Reads the environment; `accounts` is the option `--accounts`. Throws CONFIG_INVALID. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  accounts?: string,
): Environment {
  const set = (name: string) => variables[name] || undefined;
  const accountsFile = accounts ?? set("BOT_ACCOUNTS") ?? "accounts.yaml";
  const prefix = set("BOT_PREFIX") ?? "howdah";
  if (!/^[\w.-]+$/.test(prefix)) throw wrong("BOT_PREFIX", "letters, digits, '.', '-' and '_' only");
  const egress = set("BOT_EGRESS") ?? "default";
  if (!/^[\w.-]+$/.test(egress)) throw wrong("BOT_EGRESS", "letters, digits, '.', '-' and '_' only");
  const windowScale = Number(set("BOT_WINDOW_SCALE") ?? 1);
  if (!(windowScale > 0 && windowScale <= 1))
    throw wrong("BOT_WINDOW_SCALE", "a factor above 0, such as 0.05, up to 1");
  const logLevel = set("LOG_LEVEL") ?? "info";
  if (!logLevels.includes(logLevel)) throw wrong("LOG_LEVEL", `one of ${logLevels.join(", ")}`);
  return {
    redisUrl: checkedRedisUrl(set("REDIS_URL")),
    accountsFile,
    key: set("BOT_KEY"),
    keyFile: set("BOT_KEY_FILE"),
    dataDirectory: resolve(set("BOT_DATA") ?? join(dirname(accountsFile), ".howdah")),
    prefix,
    egress,
    windowScale,
    port: portIn("PORT", set("PORT")),
    logLevel,
    path: set("PATH"),
    variables,
  };
}

/** A port number as an option or a variable gives it. Throws CONFIG_INVALID naming `source`. */
export function portIn(source: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw wrong(source, "a port number from 0 to 65535");
  return port;
}

function checkedRedisUrl(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (isRedisUrl(url)) return url;
  throw wrong("REDIS_URL", "an address such as redis://localhost:6379, or redis+sentinel://host:26379,host:26379/NAME");
}

function wrong(name: string, right: string): HowdahError {
  return new HowdahError("CONFIG_INVALID", `${name} is wrong`, { cure: `it must be ${right}` });
}
