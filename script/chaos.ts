/**
 * `npm run test:chaos [-- --seed N] [--rounds N] [NAME...]`: failures at random moments, by vitest, from the files
 * `test/chaos/NAME.chaos.ts`. The same seed makes the same decisions again.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const ending = ".chaos.ts";
const usage = "npm run test:chaos -- [--seed N] [--rounds N] [NAME...]";

/** What was asked for, or what is wrong with it. */
function read(args: string[], known: readonly string[]) {
  try {
    const options = { seed: { type: "string" }, rounds: { type: "string" } } as const;
    const { positionals, values } = parseArgs({ args, options, allowPositionals: true });
    for (const [name, value = "1"] of Object.entries(values)) {
      if (!/^[1-9]\d{0,8}$/.test(value)) return `--${name} takes a whole number from 1 to 999999999, not ${value}`;
    }
    const stranger = positionals.find((name) => !known.includes(name));
    return stranger === undefined ? { names: positionals, ...values } : `there is no chaos called ${stranger}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function main(): number {
  const known = readdirSync(join(root, "test/chaos"))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));
  const asked = read(process.argv.slice(2), known);
  if (typeof asked === "string") {
    console.error([asked, "", usage, ...known.map((name) => `  ${name}`)].join("\n"));
    return 2;
  }
  const { names, rounds, seed = String(randomInt(1, 1_000_000_000)) } = asked;
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const files = names.map((name) => `test/chaos/${name}${ending}`);
  const { status } = spawnSync(process.execPath, [vitest, "run", "--config", "vitest.chaos.config.ts", ...files], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CHAOS_SEED: seed, ...(rounds !== undefined && { CHAOS_ROUNDS: rounds }) },
  });
  if (status !== 0) console.error(`repeat it with: npm run test:chaos -- --seed ${seed} ${names.join(" ")}`);
  return status ?? 1;
}

process.exitCode = main();
