import type { Scope } from "../mastodon/scopes.js";
import type { PluginFacts, RiderEntry } from "./account.js";
import { didYouMean } from "./did-you-mean.js";
import { readDeadline, readSince, readStaleAfter } from "./duration.js";
import { type Read, reportIssues } from "./issues.js";
import { dotted } from "./key-words.js";
import type { Mistakes } from "./mistakes.js";
import { readNode, usable } from "./read.js";
import { nameSchema, pluginEntrySchema } from "./schema.js";
import { plainValue, type MapEntry, type MapNode, type Node } from "./tree.js";

/** Finds the plugin that a `use` names. */
export type FindPlugin<P extends PluginFacts> = (use: string) => Promise<{ plugin: P } | { problem: string }>;

/** Reads the plugins of one account; what the file's schema already refused is passed over. */
export async function readRiders<P extends PluginFacts>(
  list: Node | undefined,
  findPlugin: FindPlugin<P>,
  mistakes: Mistakes,
): Promise<RiderEntry<P>[]> {
  const riders: RiderEntry<P>[] = [];
  const lines = new Map<string, number>();
  for (const item of list?.kind === "list" ? list.items : []) {
    const entries: MapNode["entries"] =
      item.kind === "map" ? item.entries : new Map([["use", { keyAt: item.at, node: item }]]);
    const use = entries.get("use");
    const name = await usable(pluginEntrySchema.shape.use, use?.node);
    if (name === undefined || use === undefined) continue;
    const found = await findPlugin(name);
    if ("problem" in found) {
      mistakes.at(use.node.at, found.problem);
      continue;
    }
    const rider = await readRider(found.plugin, name, { at: item.at, entries }, mistakes);
    riders.push(rider);
    const as = entries.get("as")?.node;
    // An `as` that cannot be read is one mistake; that the plugin's own name is taken is none.
    const isNamed = as === undefined || (await usable(nameSchema, as)) !== undefined;
    if (isNamed) checkName(rider, as?.at ?? item.at, lines, mistakes);
  }
  return riders;
}

async function readRider<P extends PluginFacts>(
  plugin: P,
  use: string,
  { at, entries }: Omit<MapNode, "kind">,
  mistakes: Mistakes,
): Promise<RiderEntry<P>> {
  const allowed = await readAllowed(plugin, entries.get("allow")?.node, mistakes);
  const { shape } = pluginEntrySchema;
  const since = await usable(shape.since, entries.get("since")?.node);
  const order = await usable(shape.order, entries.get("order")?.node);
  const deadline = await usable(shape.deadline, entries.get("deadline")?.node);
  const staleAfter = await usable(shape.stale_after, entries.get("stale_after")?.node);
  return {
    name: (await usable(nameSchema, entries.get("as")?.node)) ?? plugin.name,
    use,
    plugin,
    scopes: [...new Set([...plugin.scopes, ...allowed])],
    config: await readConfig(plugin, at, entries.get("with"), mistakes),
    given: givenIn(entries.get("with")),
    since: since === undefined ? undefined : readSince(since),
    repliesPerThread: await usable(shape.replies_per_thread, entries.get("replies_per_thread")?.node),
    staleAfterMs: staleAfter === undefined ? undefined : readStaleAfter(staleAfter),
    order,
    deadlineMs: deadline === undefined ? undefined : readDeadline(deadline),
  };
}

function checkName(rider: RiderEntry, at: number, lines: Map<string, number>, mistakes: Mistakes): void {
  const { name } = rider;
  const line = lines.get(name);
  lines.set(name, line ?? mistakes.lineOf(at));
  if (line !== undefined) {
    mistakes.at(at, `a rider called "${name}" is on line ${line} already: give one of them another name with as:`);
  } else if (!nameSchema.safeParse(name).success) {
    mistakes.at(at, `the plugin's name ${JSON.stringify(name)} cannot be a rider's: give it one with as:`);
  }
}

async function readAllowed(plugin: PluginFacts, list: Node | undefined, mistakes: Mistakes): Promise<Scope[]> {
  const allowed: Scope[] = [];
  for (const item of list?.kind === "list" ? list.items : []) {
    const scope = await usable(pluginEntrySchema.shape.allow.unwrap().element, item);
    if (scope === undefined) continue;
    if (plugin.optionalScopes.includes(scope)) allowed.push(scope);
    else mistakes.at(item.at, `allow: ${scope} ${whyNotAllowed(plugin, scope)}`);
  }
  return allowed;
}

function whyNotAllowed({ name, scopes, optionalScopes }: PluginFacts, scope: Scope): string {
  if (scopes.includes(scope)) return `is what ${name} has anyway: take it out`;
  if (optionalScopes.length === 0) return `is not for ${name}, which has no optional scopes: take it out`;
  const near = didYouMean(scope, optionalScopes);
  const right = near === undefined ? `write one of ${optionalScopes.join(", ")}` : `did you mean "${near}"?`;
  return `is no optional scope of ${name}: ${right}`;
}

function givenIn(given: MapEntry | undefined): unknown {
  return given === undefined ? undefined : plainValue(given.node);
}

async function readConfig(
  plugin: PluginFacts,
  entryAt: number,
  given: MapEntry | undefined,
  mistakes: Mistakes,
): Promise<unknown> {
  const schema = plugin.config;
  if (schema === undefined) {
    if (given !== undefined) mistakes.at(given.keyAt, `${plugin.name} takes no settings: take with: out`);
    return undefined;
  }
  const isGiven = given !== undefined && !(given.node.kind === "scalar" && given.node.value === null);
  if (given?.node.kind === "scalar" && given.node.broken) return undefined;
  const at = given?.keyAt ?? entryAt;
  try {
    if (!isGiven) {
      // A schema may have its own idea of no settings at all; most want a map and fill in defaults.
      const without = await schema.safeParseAsync(undefined);
      if (without.success) return without.data;
    }
    const node: Node = isGiven ? given.node : { kind: "map", at, entries: new Map() };
    const reading = await readNode(schema, node);
    if ("data" in reading) return reading.data;
    const read: Read = { schema, node, at, label: (path) => dotted(["with", ...path]) };
    reportIssues(reading.issues, read, mistakes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    mistakes.at(at, `with: the schema of ${plugin.name} failed on it (${why}): correct the plugin`);
  }
  return undefined;
}
