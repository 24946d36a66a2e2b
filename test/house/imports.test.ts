import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";

const script = join(import.meta.dirname, "../../script/check-imports.ts");
const trees: string[] = [];

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

/** Runs the check on a tree made of `files`, or on the checkout, and gives its exit code and its lines. */
function check(files?: Record<string, string>): { code: number | null; lines: string[] } {
  const root = files ? makeTree(files) : ".";
  const run = spawnSync("node_modules/.bin/jiti", [script, root], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  return { code: run.status, lines: run.stdout.trim().split("\n") };
}

function makeTree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "imports-"));
  trees.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

test("this checkout keeps the rules", () => {
  const { code, lines } = check();
  expect(lines).toEqual([expect.stringMatching(/^\d+ files, 0 violations$/)]);
  expect(code).toBe(0);
});

test("a tree that follows the order is clean", () => {
  const { code } = check({
    "core/errors.ts": "export const a = 1;",
    "core/mastodon/scopes.ts": `import { a } from "../errors.js"; export const scopes = [a];`,
    "core/accounts/account.ts": `import type { scopes } from "../mastodon/scopes.js"; export type S = typeof scopes;`,
    "core/jobs/queue.ts": `import { Queue } from "bullmq"; export const queue = new Queue("x");`,
    "core/plugin.ts": `export { a } from "./errors.js";`,
    "core/cli/run.ts": `import { startSandbox } from "../../sandbox/start.js"; startSandbox(process.env["PORT"]);`,
    "core/main.ts": `import "./cli/run.js"; console.log(process.env);`,
    "plugins/posting/index.ts": `import { z } from "zod"; import { a } from "../../core/plugin.js"; import "./feed.js"; z.literal(a);`,
    "plugins/posting/feed.ts": `import { definePlugin } from "howdah"; definePlugin({});`,
    "sandbox/start.ts": `import { scopes } from "../core/mastodon/scopes.js"; export const startSandbox = () => scopes;`,
  });
  expect(code).toBe(0);
});

const onlyDoor = "core/plugin.ts only, not";
const environment = "environment: only main and cli read process.env";

/** Each file breaks one rule: its text, and what is said about it. */
const broken: Record<string, [text: string, said: string]> = {
  "core/store/higher.ts": [`\nimport "../jobs/b.js";`, "2: room-order: store may not import core/jobs/b.ts"],
  "core/store/type.ts": [
    `import type { B } from "../auth/b.js";`,
    "1: room-order: store may not import core/auth/b.ts",
  ],
  "core/store/import-type.ts": [
    `type B = import("../host/b.js").B;`,
    "1: room-order: store may not import core/host/b.ts",
  ],
  "core/store/same-level.ts": [`import "../mastodon/b.js";`, "1: room-order: store may not import core/mastodon/b.ts"],
  "core/accounts/scopes-only.ts": [
    `import "../mastodon/scopes.js";\nimport "../mastodon/b.js";`,
    "2: room-order: accounts may not import core/mastodon/b.ts",
  ],
  "core/errors.ts": [`\n\nexport * from "./store/b.js";`, "3: room-order: errors may not import core/store/b.ts"],
  "core/auth/dynamic.ts": [`await import("../client/b.js");`, "1: room-order: auth may not import core/client/b.ts"],
  "core/host/sandbox.ts": [`import "../../sandbox/b.js";`, "1: room-order: host may not import sandbox/b.ts"],
  "core/main.ts": [`import "../test/b.js";`, "1: room-order: main may not import test/b.ts"],
  "core/utils/room.ts": [`import "../errors.js";`, "1: room-order: utils is no room of the design"],
  "core/host/queue.ts": [`import { Queue } from "bullmq";`, "1: package: only core/jobs imports bullmq"],
  "core/auth/dot.ts": [`\nexport const key = process.env.BOT_KEY;`, `2: ${environment}`],
  "core/auth/brackets.ts": [`export const env = process["env"];`, `1: ${environment}`],
  "core/auth/pattern.ts": [`export const { env } = process;`, `1: ${environment}`],
  "plugins/one/core.ts": [
    `import "../../core/client/b.js";`,
    `1: room-order: plugins/one imports ${onlyDoor} core/client/b.ts`,
  ],
  "plugins/one/other.ts": [`import "../two/b.js";`, `1: room-order: plugins/one imports ${onlyDoor} plugins/two/b.ts`],
  "plugins/one/door.ts": [
    `import "howdah/testing";`,
    `1: room-order: plugins/one imports ${onlyDoor} core/testing/index.ts`,
  ],
  "plugins/one/queue.ts": [`import "bullmq/dist/x.js";`, "1: package: only core/jobs imports bullmq/dist/x.js"],
  "plugins/one/import.ts": [`import { env as e } from "node:process";`, `1: ${environment}`],
  "sandbox/core.ts": [
    `import "../core/store/b.js";`,
    "1: room-order: sandbox imports core/mastodon/ only, not core/store/b.ts",
  ],
  "sandbox/global.ts": [`export const { env } = globalThis.process;`, `1: ${environment}`],
};

test("each broken rule is reported once, with its file and line", () => {
  const { code, lines } = check(Object.fromEntries(Object.entries(broken).map(([file, [text]]) => [file, text])));
  const expected = Object.entries(broken).map(([file, [, said]]) => `${file}:${said}`);
  expect(code).toBe(1);
  expect(lines.slice(0, -1).toSorted()).toEqual(expected.toSorted());
});

test("a circle is named once, with its way", () => {
  const { code, lines } = check({
    "core/store/a.ts": `import "./b.js";`,
    "core/store/b.ts": `\nimport type { A } from "./c.js";`,
    "core/store/c.ts": `import "./a.js";`,
    "core/store/d.ts": `import "./a.js";`,
  });
  expect(code).toBe(1);
  expect(lines).toEqual([
    "core/store/c.ts:1: cycle: core/store/a.ts -> core/store/b.ts -> core/store/c.ts -> core/store/a.ts",
    "4 files, 1 violations",
  ]);
});
