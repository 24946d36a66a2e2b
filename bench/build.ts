import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Below `node_modules`, so that what is built finds the packages. */
const cache = `${root}node_modules/.cache/`;

/**
 * Compiles the benches and all that they import, as the published package is compiled; types are left to
 * `npm run check`. Gives where the compiled form of a source is: `fileOf("bench/client/side.ts")`. The folder goes
 * with this process.
 */
export async function build(): Promise<(source: string) => string> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(`${cache}bench-`);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await writeFile(`${folder}/package.json`, '{ "type": "module", "version": "0.0.0-bench" }\n');
  await promisify(execFile)(process.execPath, [
    `${root}node_modules/typescript/bin/tsc`,
    ...["--project", `${root}bench`, "--outDir", `${folder}/dist`, "--noCheck"],
  ]);
  return (source) => `${folder}/dist/${source.replace(/\.ts$/, ".js")}`;
}
