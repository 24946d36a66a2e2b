import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const root = join(import.meta.dirname, "../..");

/**
 * Makes one JavaScript file of a TypeScript program (its path from the root) and what it imports of ours, for tests that
 * start it again and again: a process then begins at once. It goes when the test's process ends.
 */
export async function builtProgram(script: string): Promise<string> {
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  // Below the root: the packages that it imports are looked for from there.
  const outDir = mkdtempSync(join(cache, "program-"));
  process.once("exit", () => rmSync(outDir, { recursive: true, force: true }));
  await build({
    configFile: false,
    logLevel: "warn",
    root,
    oxc: { decorator: { legacy: true } },
    build: { ssr: script, outDir, rollupOptions: { output: { entryFileNames: "program.mjs" } } },
  });
  return join(outDir, "program.mjs");
}
