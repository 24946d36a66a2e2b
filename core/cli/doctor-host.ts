import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, warn, type Check, type Looked } from "./doctor-check.js";
import type { Environment } from "./environment.js";

/** What needs no Redis: this host, and what lies on its disk. */
export const hostChecks: readonly Check<Environment>[] = [
  { name: "host.node", look: node },
  { name: "host.data-directory", look: dataDirectory },
  { name: "host.key-file", look: keyFile },
];

const leastNode = [20, 19] as const;

function node(): Looked {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNew = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return isNew
    ? ok(`Node ${process.versions.node}`)
    : fail(`Node ${process.versions.node}`, "install Node 20.19 or newer");
}

async function dataDirectory({ dataDirectory: path }: Environment): Promise<Looked> {
  const found = await statOf(path);
  if (found === undefined) return ok(`${path} is not there yet`);
  if (!found.isDirectory()) return fail(`${path} is no directory`, "set BOT_DATA to a directory");
  return (await openness(path, found.mode, "700")) ?? ok(`${path}, for its owner only`);
}

async function keyFile({ dataDirectory: data, key, keyFile: named }: Environment): Promise<Looked> {
  if (key !== undefined) return ok("the key comes from BOT_KEY");
  const path = named ?? join(data, "key");
  const found = await statOf(path);
  if (found === undefined) {
    return named === undefined
      ? ok("there is no key yet: the first command that needs one makes it")
      : fail(`${path} is not there`, "correct BOT_KEY_FILE");
  }
  return (await openness(path, found.mode, "600")) ?? ok(`${path}, for its owner only`);
}

/** Undefined where others have no rights to it. */
async function openness(path: string, mode: number, wanted: string): Promise<Looked | undefined> {
  if ((mode & 0o077) === 0) return undefined;
  const rights = (mode & 0o777).toString(8);
  return warn(`${path} is open to other users of this host (mode ${rights})`, `chmod ${wanted} ${path}`);
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
