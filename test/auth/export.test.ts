import { expect, test } from "vitest";
import { openExport, sealExport, type ExportContent } from "../../core/auth/export-file.js";
import { collectExport, importStep, planImport } from "../../core/auth/transfer.js";
import type { Vault } from "../../core/auth/vault.js";
import type { Sandbox } from "../../sandbox/index.js";
import { directoryFor, mirroredAt, type MirroredServices } from "./mirrored.js";
import { accountOn, authorize, needed, place, sandboxFor } from "./services.js";

const passphrase = "correct horse battery staple";

/** Another host: its own Redis, key and mirror. */
async function fleet(): Promise<MirroredServices> {
  return mirroredAt(await place(), directoryFor());
}

async function moved(): Promise<{ sandbox: Sandbox; from: MirroredServices; exported: ExportContent }> {
  const sandbox = await sandboxFor({ users: ["alice", "bob"] });
  const from = await fleet();
  const accounts = ["alice", "bob", "carol"].map((name) => accountOn(sandbox.url, name));
  for (const account of accounts.slice(0, 2)) await authorize(from, sandbox, account, account.name);
  return { sandbox, from, exported: await collectExport(from.vault, accounts) };
}

async function actions(vault: Vault, exported: ExportContent, force = false): Promise<string[]> {
  return (await planImport(vault, exported, force)).map(({ action }) => action);
}

test("accounts move to a fleet with another key, and what holds no token is left out", async () => {
  const { exported, from, sandbox } = await moved();
  const text = await sealExport(exported, passphrase);
  const opened = await openExport(text, passphrase);
  expect(opened).toEqual(exported);
  expect(opened.accounts.map(({ name }) => name)).toEqual(["alice", "bob"]);
  const to = await fleet();
  const steps = await planImport(to.vault, opened, false);
  expect(steps.map(({ action, note }) => [action, note])).toEqual([
    ["new", ""],
    ["new", ""],
  ]);
  for (const step of steps) expect(await importStep(to.vault, step)).toBe(true);
  const account = accountOn(sandbox.url, "alice");
  expect(await to.auth.run(account, needed)).toMatchObject({ state: "ready", person: { username: "alice" } });
  const { accessToken } = (await from.vault.credentials(account)) ?? {};
  expect(await to.vault.credentials(account)).toMatchObject({ accessToken, generation: 1 });
  expect(await actions(to.vault, opened)).toEqual(["kept", "kept"]);
});

test("an export holds no secret in clear", async () => {
  const { exported } = await moved();
  const text = await sealExport(exported, passphrase);
  const secrets = exported.accounts.flatMap(({ app, credentials }) => [credentials.accessToken, app?.clientSecret]);
  expect(secrets).toHaveLength(4);
  const bytes = Buffer.from((JSON.parse(text) as { data: string }).data, "base64").toString("latin1");
  for (const secret of [...secrets, "alice"]) expect(`${text}${bytes}`).not.toContain(secret);
});

test("newer credentials stay unless forced, and a planned step gives way to who was faster", async () => {
  const { exported, from, sandbox } = await moved();
  const alice = accountOn(sandbox.url, "alice");
  await authorize(from, sandbox, alice, "alice");
  const older = {
    ...exported.accounts[0],
    credentials: { ...exported.accounts[0]?.credentials, accessToken: "older" },
  };
  const old = { ...exported, accounts: [older] } as ExportContent;
  expect(await actions(from.vault, old)).toEqual(["kept"]);
  const [step] = await planImport(from.vault, old, true);
  if (step === undefined) throw new Error("no step");
  expect(step.action).toBe("replaced");
  await authorize(from, sandbox, alice, "alice");
  expect(await importStep(from.vault, step)).toBe(false);
  expect((await from.vault.credentials(alice))?.accessToken).not.toBe("older");
  const [again] = await planImport(from.vault, old, true);
  expect(again && (await importStep(from.vault, again))).toBe(true);
  expect((await from.vault.credentials(alice))?.accessToken).toBe("older");
});

test("a person stays with the account that holds it, an account with its person", async () => {
  const { exported, sandbox } = await moved();
  const to = await fleet();
  await authorize(to, sandbox, accountOn(sandbox.url, "greeter"), "alice");
  await authorize(to, sandbox, accountOn(sandbox.url, "bob"), "bob");
  const swapped = exported.accounts.map((account) => ({
    ...account,
    ...(account.name === "bob" && { person: { id: "1", username: "mallory" } }),
  }));
  const steps = await planImport(to.vault, { ...exported, accounts: swapped }, true);
  expect(steps.map(({ action, note }) => [action, note])).toEqual([
    ["refused", "@alice belongs to the account greeter here"],
    ["refused", "bob is @bob here"],
  ]);
});

test("where the fleet has another app, it is said that the token cannot be renewed", async () => {
  const sandbox = await sandboxFor({
    users: ["alice", "bob"],
    refreshTokens: { expiresInSeconds: 86_400, rotate: "at-once" },
  });
  const [from, to] = [await fleet(), await fleet()];
  const account = accountOn(sandbox.url, "alice");
  await authorize(from, sandbox, account, "alice");
  await authorize(to, sandbox, accountOn(sandbox.url, "bob"), "bob");
  const before = await to.vault.app(sandbox.url, needed.join(" "));
  const steps = await planImport(to.vault, await collectExport(from.vault, [account]), false);
  expect(steps).toMatchObject([{ action: "new", note: expect.stringContaining("cannot be renewed") }]);
  for (const step of steps) expect(await importStep(to.vault, step)).toBe(true);
  expect(await to.vault.app(sandbox.url, needed.join(" "))).toEqual(before);
});

const sample: ExportContent = { exportedAt: "2026-01-01T00:00:00.000Z", accounts: [] };
const is = {
  damaged: "the file is damaged or cut off",
  none: "the file is no export",
  wrong: "the passphrase does not open the file",
};

const spoilers: Record<string, [spoil: (text: string) => string, message: string]> = {
  "another file": [() => "accounts: {}\n", is.none],
  "another JSON": [() => '{"format": 1}', is.none],
  "an empty file": [() => "", is.none],
  "a file that was cut off": [(text) => text.slice(0, -40), is.damaged],
  "a file with a changed byte": [(text) => text.replace(/"data": "./, '"data": "#'), is.damaged],
  "other data": [(text) => text.replace(/"data": "[^"]+"/, '"data": "AAAAAAAAAAAAAAAAAAAAAAAA"'), is.damaged],
  "another salt": [(text) => text.replace(/"salt": "[^"]+"/, '"salt": "AAAAAAAAAAAAAAAAAAAAAA=="'), is.wrong],
  "a derivation that would eat the memory": [(text) => text.replace(/"cost": \d+/, '"cost": 1073741824'), is.damaged],
  "a cheaper derivation": [(text) => text.replace(/"cost": \d+/, '"cost": 16384'), is.wrong],
  "a newer format": [(text) => text.replace('"format": 1', '"format": 2'), "a newer version made the file"],
};

test.each(Object.entries(spoilers))("%s is refused", async (_what, [spoil, message]) => {
  const text = await sealExport(sample, passphrase);
  const spoiled = spoil(text);
  expect(spoiled).not.toBe(text);
  await expect(openExport(spoiled, passphrase)).rejects.toMatchObject({ code: "EXPORT_INVALID", message });
});

test("another passphrase is refused, the same one typed on another keyboard is not", async () => {
  const text = await sealExport(sample, "Café für alle Bots");
  await expect(openExport(text, "Cafe für alle Bots")).rejects.toMatchObject({ message: is.wrong });
  expect(await openExport(text, "Café für alle Bots".normalize("NFD"))).toEqual(sample);
});
