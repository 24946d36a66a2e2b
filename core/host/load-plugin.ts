import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createJiti } from "jiti";
import { didYouMean } from "../accounts/did-you-mean.js";
import type { Plugin } from "../plugin.js";

/** The plugins that come with Howdah. */
export const shippedPlugins = ["posting", "following", "moderation"] as const;

/** A plugin, or why there is none: one line for the operator. */
export type LoadedPlugin = { readonly plugin: Plugin } | { readonly problem: string };

/**
 * Finds the plugin that `use` names: a shipped one, a path to a .ts or .js file (seen from `directory`), or an npm
 * package installed there.
 */
export async function loadPlugin(use: string, directory: string): Promise<LoadedPlugin> {
  const place = placeOf(use, directory);
  if ("problem" in place) return place;
  try {
    const module: unknown = await importModule(place.file);
    const plugin = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
    if (isPlugin(plugin)) return { plugin };
    return { problem: `${use} does not export a plugin: its default export must be made with definePlugin` };
  } catch (error) {
    return { problem: `${use} cannot be loaded: ${firstLine(error)}` };
  }
}

function placeOf(use: string, directory: string): { file: string } | { problem: string } {
  if (shippedPlugins.some((name) => name === use)) return { file: shippedFile(use) };
  if (use.startsWith(".") || isAbsolute(use)) {
    const file = resolve(directory, use);
    return existsSync(file) ? { file } : { problem: `there is no file ${use} beside accounts.yaml` };
  }
  try {
    return { file: createRequire(join(directory, "accounts.yaml")).resolve(use) };
  } catch {
    const near = didYouMean(use, shippedPlugins);
    const advice = near === undefined ? `shipped are ${shippedPlugins.join(", ")}` : `did you mean ${near}?`;
    return { problem: `there is no plugin ${use}: ${advice} (a path begins with ./, a package must be installed)` };
  }
}

function shippedFile(name: string): string {
  return own(`plugins/${name}/index`);
}

/** A module of Howdah's own, as it was built or as it was written. */
function own(path: string): string {
  const built = fileURLToPath(new URL(`../../${path}.js`, import.meta.url));
  return existsSync(built) ? built : built.replace(/\.js$/, ".ts");
}

async function importModule(file: string): Promise<unknown> {
  if (file.endsWith(".js") && shippedPlugins.some((name) => file === shippedFile(name))) {
    return import(pathToFileURL(file).href);
  }
  // Plugins import `howdah` wherever they lie, also where nothing is installed.
  const alias = { "howdah/testing": own("core/testing/index"), howdah: own("core/plugin") };
  return createJiti(import.meta.url, { alias, moduleCache: false }).import(file);
}

function isPlugin(value: unknown): value is Plugin {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "scopes" in value &&
    Array.isArray(value.scopes) &&
    "setup" in value &&
    typeof value.setup === "function"
  );
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
