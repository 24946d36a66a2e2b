import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Fleet } from "../../core/accounts/account.js";
import { loadFleet } from "../../core/accounts/load.js";
import { accountSchema, defaultsSchema, fleetSchema, pluginEntrySchema } from "../../core/accounts/schema.js";
import { loadPlugin } from "../../core/host/load-plugin.js";
import type { Plugin } from "../../core/plugin.js";
import { namesIn, Page } from "./documents.js";

const page = new Page("docs/accounts.md");
const readme = new Page("README.md");
const guide = new Page("docs/plugins.md");

const directory = mkdtempSync(join(tmpdir(), "docs-"));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, "accounts.yaml");

const [weather] = guide.blocks("ts").filter(({ text }) => text.includes('name: "weather"'));
writeFileSync(join(directory, "weather.ts"), weather?.text ?? "");

/** Loads a text as `bot check` does, with the shipped plugins and the guide's own. */
function load(text: string, env: Record<string, string> = { FEED_KEY: "k" }): Promise<Fleet<Plugin>> {
  writeFileSync(file, text);
  return loadFleet<Plugin>({ file, env, resolvePlugin: loadPlugin });
}

/** Each block of YAML with the text that follows at once: the mistakes that it shows. */
const examples = page.blocks().flatMap((block, index, all) => {
  const next = all[index + 1];
  const mistakes = next?.language === "text" && next.text.startsWith("accounts.yaml:") ? next.text : undefined;
  return block.language === "yaml" ? [{ ...block, mistakes }] : [];
});
const right = examples.filter(({ mistakes }) => mistakes === undefined);
const wrong = examples.filter(({ mistakes }) => mistakes !== undefined);

describe("the examples of docs/accounts.md", () => {
  test("are right ones and wrong ones", () => {
    expect(right.length).toBeGreaterThan(2);
    expect(wrong.length).toBeGreaterThan(0);
  });

  test.each(right)("the one on line $line loads", async ({ text }) => {
    expect((await load(text)).accounts.length).toBeGreaterThan(0);
  });

  test.each(wrong)("the one on line $line has the mistakes that are shown", async ({ text, mistakes }) => {
    await expect(load(text)).rejects.toThrow(mistakes?.trimEnd().replaceAll(/^accounts\.yaml/gm, file));
  });
});

test("the README's accounts.yaml loads", async () => {
  const [example] = readme.blocks("yaml");
  const { accounts } = await load(example?.text ?? "");
  expect(accounts.map(({ name }) => name)).toEqual(["newsbot"]);
});

describe("the tables list exactly the keys", () => {
  test.each([
    ["## The file", fleetSchema.shape],
    ["## An account", accountSchema.shape],
    ["## A plugin", pluginEntrySchema.shape],
  ] as const)("%s", (heading, shape) => {
    const listed = namesIn(page.rows(heading)).filter((name) => name !== "key");
    expect(listed.toSorted()).toEqual(Object.keys(shape).toSorted());
  });

  test("defaults take the keys of an account but server, handle and was", () => {
    const { handle: _handle, server: _server, was: _was, ...others } = accountSchema.shape;
    expect(Object.keys(defaultsSchema.shape)).toEqual(Object.keys(others));
    expect(page.section("## Defaults")).toContain("except `server`, `handle` and `was`");
  });
});

test("the defaults are those that the table names", async () => {
  const { accounts } = await load("accounts: { one: { server: http://localhost } }");
  const [account] = accounts;
  const listed = new Map(page.rows("## An account").map(([key = "", , value = ""]) => [key, value]));
  expect(listed.get("`timezone`")).toBe(`\`${account?.timezone}\``);
  expect(listed.get("`dry_run`")).toBe(`\`${account?.dryRun}\``);
  expect(listed.get("`allow_unlabelled`")).toBe(`\`${account?.allowUnlabelled}\``);
});

test("defaults and the environment work as the page says", async () => {
  const [defaults, environment] = right.filter(({ text }) => /dry_run: (?:false|\$)/.test(text));
  const { accounts } = await load(defaults?.text ?? "");
  expect(accounts.map(({ dryRun, riders }) => [dryRun, riders.map(({ name }) => name)])).toEqual([
    [true, ["following"]],
    [false, []],
  ]);
  const filled = await load(environment?.text ?? "", { FEED_KEY: "k", DRY_RUN: "false", CONTACT: "" });
  expect(filled.contact).toBe("ops@example.org");
  expect(filled.accounts[0]).toMatchObject({
    dryRun: false,
    riders: [{ config: { feed: "https://news.example/feed.xml?key=k", template: "{title} $" } }],
  });
  await expect(load(environment?.text ?? "", {})).rejects.toThrow("${FEED_KEY} is not set");
});
