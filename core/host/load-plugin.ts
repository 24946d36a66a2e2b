import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createJiti } from "jiti";
import { didYouMean } from "../accounts/did-you-mean.js";
import * as howdah from "../plugin.js";

/** The plugins that come with Howdah. */
export const shippedPlugins = ["posting", "following", "moderation"] as const;

/** A plugin, or why there is none: one line for the operator. */
export type LoadedPlugin = { readonly plugin: howdah.Plugin } | { readonly problem: string };

/**
 * Finds the plugin that `use` names: a shipped one, a path to a .ts or .js file (seen from `directory`), or an npm
 * package installed there.
 */
export async function loadPlugin(use: string, directory: string): Promise<LoadedPlugin> {
  const place = placeOf(use, directory);
  if ("problem" in place) return place;
  try {
    const plugin = await importDefault(place.file);
    if (isPlugin(plugin)) return { plugin };
    return { problem: `${use} does not export a plugin: its default export must be made with definePlugin` };
  } catch (error) {
    return { problem: `${use} cannot be loaded: ${oneLine(error)}` };
  }
}

function placeOf(use: string, directory: string): { file: string } | { problem: string } {
  if (shippedPlugins.some((name) => name === use)) return { file: shippedFile(use) };
  if (use.startsWith(".") || isAbsolute(use)) {
    const file = resolve(directory, use);
    return existsSync(file) ? { file } : { problem: `there is no file ${use} beside accounts.yaml` };
  }
  const installed = createJiti(join(directory, "accounts.yaml")).esmResolve(use, { try: true });
  if (installed !== undefined) return { file: installed.startsWith("file:") ? fileURLToPath(installed) : installed };
  const near = didYouMean(use, shippedPlugins);
  const advice = near === undefined ? `shipped are ${shippedPlugins.join(", ")}` : `did you mean ${near}?`;
  return { problem: `there is no plugin ${use}: ${advice} (a path begins with ./, a package must be installed)` };
}

function shippedFile(name: string): string {
  return own(`plugins/${name}/index`);
}

/** A module of Howdah's own, as it was built or as it was written. */
function own(path: string): string {
  const built = fileURLToPath(new URL(`../../${path}.js`, import.meta.url));
  return existsSync(built) ? built : built.replace(/\.js$/, ".ts");
}

/** The module's default export, or all of it where a CommonJS module has none. */
async function importDefault(file: string): Promise<unknown> {
  if (file.endsWith(".js") && shippedPlugins.some((name) => file === shippedFile(name))) {
    const shipped = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    return shipped.default;
  }
  // Plugins import `howdah` wherever they lie, also where nothing is installed: this very one, with its error classes.
  const options = { alias: { "howdah/testing": own("core/testing/index") }, virtualModules: { howdah } };
  return createJiti(import.meta.url, { ...options, moduleCache: false }).import(file, { default: true });
}

function isPlugin(value: unknown): value is howdah.Plugin {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "scopes" in value &&
    Array.isArray(value.scopes) &&
    "optionalScopes" in value &&
    Array.isArray(value.optionalScopes) &&
    "setup" in value &&
    typeof value.setup === "function"
  );
}

/** What is wrong, and where if the second line says so, as it does for a mistake of syntax. */
function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [what = "", where = ""] = text.split("\n").map((line) => line.trim());
  return /:\d+:\d+$/.test(where) ? `${what} (${where})` : what;
}
