import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";

/** What a module names with a path of its own: `from "./x"`, `import "./x"`, `import("./x")`, `require("./x")`. */
const relativeImport = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*["'](\.{1,2}\/[^"']+)["']/g;
const endings = ["", ".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".json", "/index.ts", "/index.js"];
/** A plugin of more files is looked at only so far. */
const mostFiles = 500;

/** The file that `use` names, where it is a path; undefined for a shipped plugin or a package. */
export function pluginFile(use: string, directory: string): string | undefined {
  return use.startsWith(".") || isAbsolute(use) ? resolve(directory, use) : undefined;
}

/** A plugin's own files with their text: its module, and what that imports by relative paths, all the way down. */
export async function pluginSources(file: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const waiting = [file];
  for (let next = waiting.pop(); next !== undefined && found.size < mostFiles; next = waiting.pop()) {
    if (found.has(next)) continue;
    const text = await readFile(next, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    found.set(next, text);
    for (const [, specifier = ""] of text.matchAll(relativeImport)) {
      const imported = await existing(resolve(dirname(next), specifier));
      if (imported !== undefined) waiting.push(imported);
    }
  }
  return found;
}

/** One text for what a plugin's own files say, wherever they lie. */
export async function sourceDigest(file: string): Promise<string> {
  const texts = [...(await pluginSources(file)).values()].toSorted();
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length} `).update(text);
  return hash.digest("hex");
}

async function existing(path: string): Promise<string | undefined> {
  // TypeScript's own way: "./x.js" stands for the file x.ts.
  const bare = path.replace(/\.[cm]?js$/, "");
  for (const candidate of [...endings.map((ending) => path + ending), ...endings.map((ending) => bare + ending)]) {
    const facts = await stat(candidate).catch(() => undefined);
    if (facts?.isFile() === true) return candidate;
  }
  return undefined;
}
