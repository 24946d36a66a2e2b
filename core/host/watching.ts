import { unwatchFile, watchFile } from "node:fs";
import { dirname } from "node:path";
import type { Fleet } from "../accounts/account.js";
import type { Plugin } from "../plugin.js";
import { pluginFile, pluginSources } from "./plugin-sources.js";

/** How often files are looked at: this also works where the system tells of no changes, such as on mounted folders. */
const lookMs = 500;
/** Several changes within this time are one: editors write in steps. */
const gatherMs = 200;

/** Calls `onChange` when accounts.yaml or a plugin beside it has changed, until the answer is called. */
export async function watchFleet(fleet: Fleet<Plugin>, onChange: () => void): Promise<() => void> {
  const watched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      onChange();
      // What it imports now may be another file.
      void watch();
    }, gatherMs);
  };
  const watch = async () => {
    for (const file of await filesOf(fleet)) {
      if (isOver || watched.has(file)) continue;
      watched.add(file);
      watchFile(file, { interval: lookMs, persistent: false }, changed);
    }
  };
  await watch();
  return () => {
    isOver = true;
    clearTimeout(timer);
    for (const file of watched) unwatchFile(file, changed);
  };
}

async function filesOf({ accounts, file }: Fleet<Plugin>): Promise<string[]> {
  const uses = new Set(accounts.flatMap(({ riders }) => riders.map(({ use }) => use)));
  const modules = [...uses].map((use) => pluginFile(use, dirname(file))).filter((path) => path !== undefined);
  const sources = await Promise.all(modules.map(pluginSources));
  return [file, ...modules, ...sources.flatMap((found) => [...found.keys()])];
}
