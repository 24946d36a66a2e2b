import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadPlugin, shippedPlugins } from "../../core/host/load-plugin.js";
import { NetworkError } from "../../core/plugin.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "plugins-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(path: string, text: string): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function loaded(use: string) {
  const result = await loadPlugin(use, directory);
  if ("problem" in result) throw new Error(result.problem);
  return result.plugin;
}

async function problem(use: string): Promise<string> {
  const result = await loadPlugin(use, directory);
  if (!("problem" in result)) throw new Error(`${use} was loaded`);
  expect(result.problem).not.toContain("\n");
  return result.problem;
}

const greeter =
  'import { definePlugin } from "howdah";\nexport default definePlugin({ name: "greeter", setup() {} });\n';

test.each(shippedPlugins)("the shipped plugin %s", async (name) => {
  expect(await loaded(name)).toMatchObject({ name });
});

test("a TypeScript file beside accounts.yaml, where nothing is installed", async () => {
  write("my/words.ts", "export const name: string = 'greeter';\n");
  const text = `
    import { definePlugin, z } from "howdah";
    import { name } from "./words.js";
    export default definePlugin({ name, scopes: ["read"], config: z.object({ city: z.string() }), setup(): void {} });`;
  write("my/greeter.ts", text);
  const plugin = await loaded("./my/greeter.ts");
  expect(plugin).toMatchObject({ name: "greeter", scopes: ["read"], optionalScopes: [] });
  expect(plugin.config?.safeParse({ city: 5 }).success).toBe(false);
  expect(await loaded(join(directory, "my/greeter.ts"))).toMatchObject({ name: "greeter" });
});

test("a JavaScript file", async () => {
  write("greeter.js", greeter);
  expect(await loaded("./greeter.js")).toMatchObject({ name: "greeter", scopes: ["read"] });
});

test("the errors that a plugin imports are those that the client throws", async () => {
  const text = `
    import { definePlugin, NetworkError } from "howdah";
    export default definePlugin({ name: "greeter", setup: (error) => { if (error instanceof NetworkError) throw "known"; } });`;
  write("greeter.ts", text);
  const { setup } = await loaded("./greeter.ts");
  const error = new NetworkError("cut", "cut", true);
  expect(() => setup(error as never)).toThrow("known");
});

test.each([
  ["for import only", { ".": { import: "./index.js" } }],
  ["for everyone", { ".": { types: "./index.d.ts", default: "./index.js" } }],
  ["without a map", undefined],
])("an npm package that is exported %s", async (_how, exports) => {
  const main = exports === undefined ? { main: "index.js" } : { exports };
  write(
    "node_modules/howdah-greeter/package.json",
    JSON.stringify({ name: "howdah-greeter", type: "module", ...main }),
  );
  write("node_modules/howdah-greeter/index.js", greeter);
  expect(await loaded("howdah-greeter")).toMatchObject({ name: "greeter" });
});

test("an npm package of a scope, in CommonJS", async () => {
  write("node_modules/@me/greeter/package.json", JSON.stringify({ name: "@me/greeter", main: "index.cjs" }));
  const text =
    'const { definePlugin } = require("howdah");\nmodule.exports = definePlugin({ name: "cjs", setup() {} });';
  write("node_modules/@me/greeter/index.cjs", text);
  expect(await loaded("@me/greeter")).toMatchObject({ name: "cjs" });
});

test("a file that was changed is loaded as it is now", async () => {
  write("greeter.ts", greeter);
  await loaded("./greeter.ts");
  write("greeter.ts", greeter.replaceAll("greeter", "singer"));
  expect(await loaded("./greeter.ts")).toMatchObject({ name: "singer" });
});

test("an unknown name says which one may be meant, or which there are", async () => {
  expect(await problem("postng")).toContain("did you mean posting?");
  expect(await problem("zzzzzzzz")).toContain("shipped are posting, following, moderation");
  expect(await problem("./not-there.ts")).toBe("there is no file ./not-there.ts beside accounts.yaml");
});

test.each([
  ["no default export", "export const plugin = 1;"],
  ["something else", "export default { name: 'greeter' };"],
  ["a plugin by hand", "export default { name: 'greeter', scopes: [], setup() {} };"],
  ["nothing", ""],
])("a module with %s is no plugin", async (_what, text) => {
  write("odd.ts", text);
  expect(await problem("./odd.ts")).toContain("its default export must be made with definePlugin");
});

test("a module that throws says what it threw", async () => {
  write("odd.ts", "throw new Error('no city is set\\nand more');");
  expect(await problem("./odd.ts")).toBe("./odd.ts cannot be loaded: no city is set");
  write("odd.ts", "import 'not-installed';");
  expect(await problem("./odd.ts")).toContain("not-installed");
});

test("a mistake of syntax says file and line, also in a file that is imported", async () => {
  write("odd.ts", 'import { definePlugin } from "howdah";\n\nexport default definePlugin({ name: "a" setup() {} });\n');
  expect(await problem("./odd.ts")).toMatch(/odd\.ts:3:\d+\)$/);
  write("deep.ts", "export const a = ;\n");
  write("odd.ts", 'import "./deep.js";\n');
  expect(await problem("./odd.ts")).toMatch(/deep\.ts:1:\d+\)$/);
});
