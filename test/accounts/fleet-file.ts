import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll } from "vitest";
import { z } from "zod";
import type { Fleet, PluginFacts } from "../../core/accounts/account.js";
import { loadFleet } from "../../core/accounts/load.js";
import { ConfigError } from "../../core/errors.js";

/** Plugins as the host would find them. */
const plugins: Readonly<Record<string, PluginFacts>> = {
  posting: {
    name: "posting",
    scopes: ["write:statuses"],
    optionalScopes: ["write:media", "read:statuses"],
    config: z.strictObject({
      feed: z.url().optional(),
      every_minutes: z.number().int().min(1).default(60),
      sensitive: z.boolean().default(false),
      token: z.string().optional(),
      visibility: z.enum(["public", "unlisted"]).default("public"),
      rules: z
        .array(
          z.discriminatedUnion("kind", [
            z.strictObject({ kind: z.literal("word"), word: z.string() }),
            z.strictObject({ kind: z.literal("count"), most: z.number() }),
          ]),
        )
        .default([]),
      since: z.union([z.number(), z.strictObject({ date: z.string() })]).optional(),
      headers: z.record(z.string().regex(/^x-/, "a header begins with x-"), z.string()).optional(),
    }),
  },
  following: { name: "following", scopes: ["read:notifications"], optionalScopes: [], config: undefined },
  weather: {
    name: "weather",
    scopes: ["read"],
    optionalScopes: [],
    config: z.object({ city: z.string().describe("a city, such as Berlin") }),
  },
  picky: {
    name: "picky",
    scopes: [],
    optionalScopes: [],
    config: z.object({ planet: z.enum(["mars"], "pick a planet") }).refine(async () => Promise.resolve(true)),
  },
  faulty: {
    name: "faulty",
    scopes: [],
    optionalScopes: [],
    config: z.unknown().transform(() => {
      throw new TypeError("no such luck");
    }),
  },
  "Loud Name": { name: "Loud Name", scopes: [], optionalScopes: [], config: undefined },
};

const directory = mkdtempSync(join(tmpdir(), "accounts-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A path in a directory of this test file's own. */
export function scratch(name: string): string {
  return join(directory, name);
}

/** What was asked of `resolvePlugin`, newest last. */
export const asked: { use: string; fromDirectory: string }[] = [];

/** Loads a file that is there already. */
export function loadFile(file: string, env: Record<string, string | undefined> = {}): Promise<Fleet> {
  return loadFleet({
    file,
    env,
    resolvePlugin: async (use, fromDirectory) => {
      asked.push({ use, fromDirectory });
      if (use === "./throws.ts") throw new SyntaxError("Unexpected token");
      const plugin = Object.hasOwn(plugins, use) ? plugins[use] : undefined;
      return plugin === undefined ? { problem: `no plugin is called "${use}"` } : { plugin };
    },
  });
}

/** Loads a text as accounts.yaml, named relative to where the test runs. */
export async function load(text: string | Uint8Array, env?: Record<string, string | undefined>): Promise<Fleet> {
  const file = scratch("accounts.yaml");
  writeFileSync(file, text);
  return loadFile(relative(process.cwd(), file), env);
}

/** The mistakes of a text, each as the operator reads it but for the directory. */
export async function mistakesIn(
  text: string | Uint8Array,
  env?: Record<string, string | undefined>,
): Promise<string[]> {
  try {
    await load(text, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll(`${relative(process.cwd(), directory)}/`, "").split("\n");
  }
}
