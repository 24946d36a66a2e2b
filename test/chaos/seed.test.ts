import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chaos, type Dice } from "./seed.js";

const root = join(import.meta.dirname, "../..");
const env = { CHAOS_SEED: "7", CHAOS_ROUNDS: "3" };
const rolls = (dice: Dice) => Array.from({ length: 20 }, () => dice.below(1_000));

describe("chaos", () => {
  test("decides the same again by the same seed, name and round, and otherwise by another", () => {
    const again = chaos("sample", 25, env);
    expect([again.seed, again.rounds]).toEqual([7, 3]);
    expect(rolls(chaos("sample", 25, env).dice(2))).toEqual(rolls(again.dice(2)));
    const others = [again.dice(3), chaos("other", 25, env).dice(2), chaos("sample", 25, { CHAOS_SEED: "8" }).dice(2)];
    for (const other of others) expect(rolls(other)).not.toEqual(rolls(again.dice(2)));
  });

  test("takes a seed of its own, and the file's number of rounds, where nobody gave any", () => {
    const [first, second] = [chaos("sample", 4, {}), chaos("sample", 4, {})];
    expect(first.rounds).toBe(4);
    expect(first.seed).not.toBe(second.seed);
  });

  test("rolls within its bounds and reaches all of them", () => {
    const dice = chaos("sample", 1, env).dice(1);
    const seen = new Set(Array.from({ length: 500 }, () => dice.pick(["a", "b", "c"])));
    expect([...seen].toSorted()).toEqual(["a", "b", "c"]);
    const numbers = Array.from({ length: 500 }, () => dice.below(4));
    expect([Math.min(...numbers), Math.max(...numbers)]).toEqual([0, 3]);
  });
});

test.each([
  [["--seed", "soon"], "--seed takes a whole number from 1 to 999999999, not soon"],
  [["--rounds", "0"], "--rounds takes a whole number from 1 to 999999999, not 0"],
  [["no-such-chaos"], "there is no chaos called no-such-chaos"],
  [["--fast"], "Unknown option '--fast'"],
])("the runner refuses %j and says what there is", (args, message) => {
  const jiti = join(root, "node_modules/.bin/jiti");
  const { status, stderr } = spawnSync(jiti, ["script/chaos.ts", ...args], { cwd: root, encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).toContain("npm run test:chaos -- [--seed N] [--rounds N] [NAME...]");
});
