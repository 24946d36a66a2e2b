import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkKeyring, loadKeyring, type KeySource } from "../../core/store/key-file.js";
import { Keyring } from "../../core/store/seal.js";
import { testRedis } from "../support/redis.js";

const program = fileURLToPath(new URL("key-reader.ts", import.meta.url));
const run = promisify(execFile);

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "key-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const source = (more: Partial<KeySource> = {}): KeySource => ({
  key: undefined,
  keyFile: undefined,
  dataDirectory: join(directory, "data"),
  ...more,
});

describe("a key file", () => {
  test("is made where there is none, for this user only, and found from then on", async () => {
    const first = await loadKeyring(source());
    const file = join(directory, "data", "key");
    expect(first.made).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "data")).mode & 0o777).toBe(0o700);
    const second = await loadKeyring(source());
    expect(second.made).toBeUndefined();
    expect(second.keyring.open(first.keyring.seal("x", "a"), "a")).toBe("x");
    expect(readdirSync(join(directory, "data"))).toEqual(["key"]);
  });

  test("is made once by five processes at a time", async () => {
    const outputs = await Promise.all(
      Array.from({ length: 5 }, () => run("node_modules/.bin/jiti", [program, join(directory, "data")])),
    );
    const lines = outputs.map(({ stdout }) => stdout.trim().split(" "));
    expect(lines.filter(([how]) => how === "made").length).toBe(1);
    const { keyring } = await loadKeyring(source());
    expect(lines.map(([, sealed = ""]) => keyring.open(sealed, "place"))).toEqual(
      Array.from({ length: 5 }, () => "word"),
    );
  });

  test("is made once by processes that have the same id, as in containers on one volume", async () => {
    const loaded = await Promise.all(Array.from({ length: 30 }, () => loadKeyring(source())));
    expect(loaded.filter(({ made }) => made !== undefined).length).toBe(1);
    const { keyring } = await loadKeyring(source());
    for (const one of loaded) expect(keyring.open(one.keyring.seal("x", "a"), "a")).toBe("x");
    expect(readdirSync(join(directory, "data"))).toEqual(["key"]);
  });

  test("that is damaged is an error, and left as it is", async () => {
    mkdirSync(join(directory, "data"));
    writeFileSync(join(directory, "data", "key"), "oops\n");
    await expect(loadKeyring(source())).rejects.toMatchObject({ code: "KEY_INVALID" });
    expect(readFileSync(join(directory, "data", "key"), "utf8")).toBe("oops\n");
  });

  test("that cannot be made is the operator's mistake, in one line with a cure", async () => {
    writeFileSync(join(directory, "data"), "a file, not a directory");
    await expect(loadKeyring(source())).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      cure: "set BOT_DATA to a directory that this user may write to",
    });
  });
});

describe("a key that is given", () => {
  const key = Keyring.generate();

  test("in BOT_KEY or in BOT_KEY_FILE makes no file", async () => {
    const file = join(directory, "my-key");
    writeFileSync(file, `${key}\n`);
    const given = await loadKeyring(source({ key, keyFile: "/nowhere" }));
    const read = await loadKeyring(source({ keyFile: file }));
    expect(read.keyring.open(given.keyring.seal("x", "a"), "a")).toBe("x");
    expect([given.made, read.made]).toEqual([undefined, undefined]);
    expect(readdirSync(directory)).toEqual(["my-key"]);
  });

  test.each([
    ["no key", { key: "oops" }, "KEY_INVALID", "BOT_KEY "],
    ["no file", { keyFile: "/nowhere/key" }, "KEY_INVALID", "/nowhere/key"],
  ])("%s: refused, naming it", async (_what, given, code, named) => {
    await expect(loadKeyring(source(given))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(named) as string,
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("the proof that a key fits what is stored", () => {
  test("is left by whoever comes first; another key is refused and overwrites nothing", async () => {
    const corner = testRedis();
    const redis = await corner.connect();
    const [right, wrong] = [Keyring.generate(), Keyring.generate()];
    await checkKeyring(redis, corner.keys, Keyring.parse(right, "BOT_KEY"));
    const mark = await redis.get(corner.keys.fleet("key-check"));
    await expect(checkKeyring(redis, corner.keys, Keyring.parse(wrong, "BOT_KEY"))).rejects.toMatchObject({
      code: "KEY_MISMATCH",
      cure: expect.stringContaining("nothing was changed") as string,
    });
    expect(await redis.get(corner.keys.fleet("key-check"))).toBe(mark);
    await checkKeyring(redis, corner.keys, Keyring.parse(`${wrong},${right}`, "BOT_KEY"));
    await checkKeyring(redis, corner.keys, Keyring.parse(right, "BOT_KEY"));
  });

  test("is the same for all that start at once", async () => {
    const corner = testRedis();
    const redis = await corner.connect();
    const keyring = Keyring.parse(Keyring.generate(), "BOT_KEY");
    const checks = Array.from({ length: 8 }, () => checkKeyring(redis, corner.keys, keyring));
    await expect(Promise.all(checks)).resolves.toBeDefined();
  });
});
