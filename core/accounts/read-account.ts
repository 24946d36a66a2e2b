import type { Account, PluginFacts } from "./account.js";
import type { Mistakes } from "./mistakes.js";
import { usualCaps, usualShare, type Caps } from "./politeness.js";
import { usable } from "./read.js";
import { type FindPlugin, readRiders } from "./riders.js";
import { accountSchema, defaultsSchema } from "./schema.js";
import { readServer, type ServerReading } from "./server.js";
import type { MapEntry, Node } from "./tree.js";

/** An account as far as it could be read, and what the fleet's own rules need to know of it. */
export interface AccountReading<P extends PluginFacts> {
  readonly account: Account<P>;
  /** Undefined where no server could be read. */
  readonly server: ServerReading | undefined;
  /** Where its handle stands; undefined without one. */
  readonly handleAt: number | undefined;
  /** Where its earlier name stands; undefined without one. */
  readonly wasAt: number | undefined;
}

interface AccountSource {
  readonly name: string;
  readonly node: Node;
  readonly defaults: Node | undefined;
}

const { shape } = accountSchema;

/** Reads one account with the defaults merged in; what the file's schema already refused is passed over. */
export async function readAccount<P extends PluginFacts>(
  { name, node, defaults }: AccountSource,
  findPlugin: FindPlugin<P>,
  mistakes: Mistakes,
): Promise<AccountReading<P>> {
  const settings = merged(node, defaults);
  const at = (key: keyof typeof shape) => settings.get(key)?.node;
  const allowHttp = await usable(shape.allow_http, at("allow_http"));
  // A switch that cannot be read is one mistake; that the server needs it is none.
  const server = await readOrigin(at("server"), allowHttp ?? at("allow_http") !== undefined, mistakes);
  const handle = await usable(shape.handle, at("handle"));
  const was = await usable(shape.was, at("was"));
  const account: Account<P> = {
    name,
    ...(was !== undefined && { was }),
    server: server?.origin ?? "",
    handle: handle?.replace(/^@/, "").replace(/@.*$/, ""),
    scopes: [...new Set(await usable(shape.scopes, at("scopes")))],
    timezone: (await usable(shape.timezone, at("timezone"))) ?? "UTC",
    dryRun: (await usable(shape.dry_run, at("dry_run"))) ?? false,
    allowUnlabelled: (await usable(shape.allow_unlabelled, at("allow_unlabelled"))) ?? false,
    share: (await usable(shape.share, at("share"))) ?? usualShare,
    caps: await readCaps(at("caps")),
    riders: await readRiders(at("plugins"), findPlugin, mistakes),
  };
  const placeOf = (key: "handle" | "was", value: unknown) => (value === undefined ? undefined : at(key)?.at);
  return { account, server, handleAt: placeOf("handle", handle), wasAt: placeOf("was", was) };
}

async function readCaps(node: Node | undefined): Promise<Caps> {
  const caps = await usable(shape.caps, node);
  return {
    riderPerHour: caps?.rider_per_hour ?? usualCaps.riderPerHour,
    serverPerHour: caps?.server_per_hour ?? usualCaps.serverPerHour,
  };
}

/** The account's own keys win whole: its list of plugins replaces the defaults'. */
function merged(node: Node, defaults: Node | undefined): Map<string, MapEntry> {
  const known =
    defaults?.kind === "map" ? [...defaults.entries].filter(([key]) => Object.hasOwn(defaultsSchema.shape, key)) : [];
  return new Map([...known, ...(node.kind === "map" ? node.entries : [])]);
}

async function readOrigin(
  node: Node | undefined,
  allowHttp: boolean,
  mistakes: Mistakes,
): Promise<ServerReading | undefined> {
  const text = await usable(shape.server, node);
  if (text === undefined || node === undefined) return undefined;
  const server = readServer(text, allowHttp);
  if (server.problem !== undefined) mistakes.at(node.at, `server: ${server.problem}`);
  return server;
}
