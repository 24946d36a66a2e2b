import { dirname, resolve } from "node:path";
import { ConfigError } from "../errors.js";
import type { Fleet, PluginFacts } from "./account.js";
import { buildTree } from "./build-tree.js";
import type { Environment } from "./environment.js";
import { readFileText } from "./file-text.js";
import { freezeDeep } from "./freeze.js";
import { reportIssues } from "./issues.js";
import { labelInFile, rightPlace } from "./key-words.js";
import type { Mistakes } from "./mistakes.js";
import { readNode, usable } from "./read.js";
import { type AccountReading, readAccount } from "./read-account.js";
import type { FindPlugin } from "./riders.js";
import { reportRenames } from "./renames.js";
import { accountSchema, fleetSchema, nameSchema } from "./schema.js";
import { parseYaml } from "./syntax.js";
import type { MapNode } from "./tree.js";

interface LoadOptions<P extends PluginFacts> {
  /** As the operator typed it: messages name it so. */
  readonly file: string;
  readonly env: Environment;
  /** Finds the plugin that a `use` names: shipped, an npm package, or a path from the file's directory. */
  readonly resolvePlugin: (use: string, fromDirectory: string) => Promise<{ plugin: P } | { problem: string }>;
}

/** Reads accounts.yaml into a frozen fleet; throws a ConfigError that holds every mistake of the file, and nothing else. */
export async function loadFleet<P extends PluginFacts>(options: LoadOptions<P>): Promise<Fleet<P>> {
  const { file, env, resolvePlugin } = options;
  const path = resolve(file);
  const { document, mistakes } = parseYaml(file, await readFileText(file));
  const start = "write accounts:, under it a name, and under that server:";
  const root = buildTree(document, mistakes, env);
  if (root.kind === "scalar" && root.value === null && !root.broken) {
    throw new ConfigError([{ file, line: 0, column: 0, message: `empty: ${start}` }]);
  }
  if (root.kind !== "map") {
    if (root.kind === "list" || !root.broken) mistakes.at(root.at, `not a map of settings: ${start}`);
    throw mistakes.asError();
  }
  await reportShape(root, mistakes);
  const findPlugin = rememberPlugins((use) => resolvePlugin(use, dirname(path)));
  const readings = await readAccounts(root, findPlugin, mistakes);
  const contact = await usable(fleetSchema.shape.contact, root.entries.get("contact")?.node);
  if (!root.entries.has("contact") && readings.some(({ server }) => server?.isTest === false)) {
    mistakes.at(root.at, `contact: missing: write ${contactHint}`);
  }
  reportTwins(readings, mistakes);
  reportRenames(readings, mistakes);
  mistakes.throwIfAny();
  const accounts = readings.map(({ account }) => account);
  const plugins = accounts.flatMap(({ riders }) => riders.map(({ plugin }) => plugin));
  return freezeDeep({ file: path, contact, accounts }, plugins);
}

const contactHint = fleetSchema.shape.contact.unwrap().description;

/** Everything that the schema of the file sees at once. */
async function reportShape(root: MapNode, mistakes: Mistakes): Promise<void> {
  const words = { label: labelInFile, misplaced: rightPlace };
  const whole = await readNode(fleetSchema, root);
  if ("data" in whole) return;
  reportIssues(whole.issues, { schema: fleetSchema, node: root, at: root.at, ...words }, mistakes);
  for (const [name, { node, keyAt }] of accountEntries(root)) {
    // The schema looks no further where the name is wrong; the operator wants to know all the same.
    if (nameSchema.safeParse(name).success) continue;
    const reading = await readNode(accountSchema, node);
    if ("data" in reading) continue;
    const label = (path: readonly PropertyKey[]) => labelInFile(["accounts", name, ...path]);
    reportIssues(reading.issues, { ...words, schema: accountSchema, node, at: keyAt, label }, mistakes);
  }
}

function accountEntries(root: MapNode): MapNode["entries"] {
  const accounts = root.entries.get("accounts")?.node;
  return accounts?.kind === "map" ? accounts.entries : new Map();
}

async function readAccounts<P extends PluginFacts>(
  root: MapNode,
  findPlugin: FindPlugin<P>,
  mistakes: Mistakes,
): Promise<AccountReading<P>[]> {
  const defaults = root.entries.get("defaults")?.node;
  const readings: AccountReading<P>[] = [];
  for (const [name, { node }] of accountEntries(root)) {
    readings.push(await readAccount({ name, node, defaults }, findPlugin, mistakes));
  }
  return readings;
}

/** Each plugin is loaded once, however many accounts it rides; a module that throws is a mistake of the file. */
function rememberPlugins<P extends PluginFacts>(find: FindPlugin<P>): FindPlugin<P> {
  const found = new Map<string, ReturnType<FindPlugin<P>>>();
  const findSafely: FindPlugin<P> = async (use) => {
    try {
      return await find(use);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { problem: `the plugin ${JSON.stringify(use)} cannot be loaded (${why}): correct it, or use another` };
    }
  };
  return (use) => {
    const plugin = found.get(use) ?? findSafely(use);
    found.set(use, plugin);
    return plugin;
  };
}

/** One person is one account: two entries would act, and be paused, apart from each other. */
function reportTwins(readings: readonly AccountReading<PluginFacts>[], mistakes: Mistakes): void {
  const first = new Map<string, string>();
  for (const { account, handleAt } of readings) {
    if (handleAt === undefined || account.handle === undefined || account.server === "") continue;
    const person = `${account.handle.toLowerCase()} ${account.server}`;
    const twin = first.get(person);
    if (twin === undefined) first.set(person, account.name);
    else
      mistakes.at(
        handleAt,
        `handle: ${account.handle} on ${account.server} is account "${twin}" already: keep one of them`,
      );
  }
}
