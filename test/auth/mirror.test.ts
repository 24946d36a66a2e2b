import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { Keyring } from "../../core/store/seal.js";
import type { Sandbox } from "../../sandbox/index.js";
import { directoryFor, filesIn, mirroredAt, underKey, wipe, type MirroredServices } from "./mirrored.js";
import { accountOn, authorize, codeFor, count, needed, place, register, sandboxFor, type Place } from "./services.js";

const day = 24 * 60 * 60;

let here: Place;
let directory: string;
let sandbox: Sandbox;

beforeEach(async () => {
  here = await place();
  directory = directoryFor();
});

/** A fleet of two that was authorized, and whose Redis is empty now. */
async function wiped(options = {}): Promise<{ before: Map<string, string>; tokens: string[] }> {
  sandbox = await sandboxFor({ users: ["alice", "bob"], ...options });
  const services = mirroredAt(here, directory);
  const tokens: string[] = [];
  for (const user of ["alice", "bob"]) {
    const standing = await authorize(services, sandbox, accountOn(sandbox.url, user), user);
    expect(standing.state).toBe("ready");
    tokens.push(standing.credentials?.accessToken ?? "");
  }
  await wipe(here);
  return { before: filesIn(directory), tokens };
}

async function standingOf({ auth }: MirroredServices, name: string) {
  return auth.run(accountOn(sandbox.url, name), needed);
}

test("each change is mirrored, sealed, for this user only", async () => {
  sandbox = await sandboxFor({ users: ["alice"] });
  const services = mirroredAt(here, directory);
  const account = accountOn(sandbox.url, "alice");
  const { credentials } = await authorize(services, sandbox, account, "alice");
  const app = await services.vault.app(sandbox.url, credentials?.appScopes ?? "");
  const files = filesIn(directory);
  expect([...files.keys()]).toEqual([
    expect.stringMatching(/^accounts\/alice@127\.0\.0\.1_\d+-[0-9a-f]{8}\.json$/),
    expect.stringMatching(/^servers\/127\.0\.0\.1_\d+-[0-9a-f]{8}\.json$/),
    "vault.json",
  ]);
  const all = [...files.values()].join("");
  for (const secret of [credentials?.accessToken, app?.clientSecret]) {
    expect(secret).toMatch(/.{10}/);
    expect(all).not.toContain(secret);
  }
  for (const name of files.keys()) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);

  await services.vault.drop(account, credentials?.generation ?? 0);
  const [dropped = ""] = filesIn(directory).values();
  expect(dropped).not.toContain("access_token");
  expect(JSON.parse(dropped)).toMatchObject({ account: "alice", credentials: { generation: "2" } });
});

test("a change that another host made is mirrored when it is used here", async () => {
  sandbox = await sandboxFor({ users: ["alice"] });
  const account = accountOn(sandbox.url, "alice");
  await authorize(mirroredAt(here, directoryFor()), sandbox, account, "alice");
  const services = mirroredAt(here, directory);
  await services.auth.run(account, needed);
  await vi.waitFor(() => expect([...filesIn(directory).keys()][0]).toMatch(/^accounts\/alice@/));
});

test("an empty Redis beside a mirror holds every account, and nothing is asked, registered or overwritten", async () => {
  const { before } = await wiped();
  const asked = sandbox.requests().length;
  const services = mirroredAt(here, directory);
  for (const name of ["alice", "bob", "somebody-new"]) {
    expect(await standingOf(services, name)).toMatchObject({
      state: "held",
      reason: "Redis holds no vault, but the mirror of the one before holds 2 accounts",
      cure: "load them with: bot restore, or forget them with: bot restore --discard",
    });
  }
  const account = accountOn(sandbox.url, "alice");
  const undecided = { code: "VAULT_UNDECIDED" };
  await expect(services.authorization.begin(account, needed)).rejects.toMatchObject(undecided);
  await expect(services.vault.credentials(account)).rejects.toMatchObject(undecided);
  await expect(
    services.vault.storeApp(sandbox.url, { clientId: "x", clientSecret: "y", scopes: "z" }),
  ).rejects.toMatchObject(undecided);
  expect(sandbox.requests()).toHaveLength(asked);
  expect(filesIn(directory)).toEqual(before);
});

test("a Redis that is emptied under a running process holds its accounts too", async () => {
  sandbox = await sandboxFor({ users: ["alice"] });
  const services = mirroredAt(here, directory);
  await authorize(services, sandbox, accountOn(sandbox.url, "alice"), "alice");
  const before = filesIn(directory);
  await wipe(here);
  await services.mirror.keepAccount(accountOn(sandbox.url, "alice"));
  await services.mirror.keepServer(sandbox.url);
  expect(filesIn(directory)).toEqual(before);
  expect(await standingOf(services, "alice")).toMatchObject({ state: "held" });
  expect(count(sandbox, register)).toBe(1);
  expect(filesIn(directory)).toEqual(before);
});

test("restored, every account goes on with its token, and running processes take it up", async () => {
  const { tokens } = await wiped();
  const [running, command] = [mirroredAt(here, directory), mirroredAt(here, directory)];
  expect(await standingOf(running, "alice")).toMatchObject({ state: "held" });
  expect(await command.mirror.isUndecided()).toBe(true);
  const { accounts, kept } = await command.mirror.restore();
  expect([accounts.map(({ name }) => name), kept]).toEqual([["alice", "bob"], []]);
  expect(await command.mirror.isUndecided()).toBe(false);
  for (const [index, name] of ["alice", "bob"].entries()) {
    const standing = await standingOf(running, name);
    expect(standing.state).toBe("ready");
    expect(standing.credentials).toMatchObject({ accessToken: tokens[index], generation: 2 });
  }
  expect(await running.vault.person(accountOn(sandbox.url, "bob"))).toMatchObject({ username: "bob" });
  expect(count(sandbox, register)).toBe(1);
  expect(await command.mirror.restore()).toMatchObject({ accounts: [], kept: [{ why: expect.any(String) }, {}] });
});

test("a restored refresh token that was spent after the mirror was written ends in needs_authorization, once", async () => {
  const { before } = await wiped({ refreshTokens: { expiresInSeconds: day, rotate: "at-once" } });
  const services = mirroredAt(here, directory);
  await services.mirror.restore();
  const account = accountOn(sandbox.url, "alice");
  const old = await services.vault.credentials(account);
  const app = await services.vault.app(sandbox.url, old?.appScopes ?? "");
  if (old?.refreshToken === undefined || app === undefined) throw new Error("nothing was restored");
  await services.oauth.refresh(sandbox.url, app, old, old.refreshToken);
  await wipe(here);
  for (const [name, text] of before) writeFileSync(join(directory, name), text);

  const again = mirroredAt(here, directory);
  await again.mirror.restore();
  expect(await standingOf(again, "alice")).toMatchObject({ state: "needs_authorization", cure: "run: bot auth alice" });
  const asked = sandbox.requests().length;
  expect(await standingOf(again, "alice")).toMatchObject({ state: "needs_authorization" });
  expect(sandbox.requests()).toHaveLength(asked);
  expect(await standingOf(again, "bob")).toMatchObject({ state: "ready" });
});

test("discarded, the fleet begins anew", async () => {
  await wiped();
  const services = mirroredAt(here, directory);
  await services.mirror.discard();
  expect(await standingOf(services, "alice")).toMatchObject({ state: "needs_authorization" });
  expect(count(sandbox, register)).toBe(2);
});

test("another host that began anew on the empty Redis does not overwrite what this one's mirror holds", async () => {
  const { before } = await wiped();
  const other = mirroredAt(here, directoryFor());
  await authorize(other, sandbox, accountOn(sandbox.url, "bob"), "bob");
  const services = mirroredAt(here, directory);
  expect(await standingOf(services, "alice")).toMatchObject({
    state: "held",
    reason: "Redis holds another vault, but the mirror of the one before holds 2 accounts",
  });
  expect(filesIn(directory)).toEqual(before);
  const { accounts, kept } = await services.mirror.restore();
  expect(accounts).toEqual([{ name: "alice", server: sandbox.url }]);
  expect(kept).toEqual([{ account: { name: "bob", server: sandbox.url }, why: "Redis holds newer credentials" }]);
  expect(await standingOf(services, "bob")).toMatchObject({ state: "ready", credentials: { generation: 1 } });
});

test("a mirror that cannot be written holds nothing up, and is said once", async () => {
  sandbox = await sandboxFor({ users: ["alice"] });
  const services = mirroredAt(here, directory);
  // The tests may run as a user whom no mode stops: a file in the way stops everybody.
  writeFileSync(join(directory, "servers"), "in the way");
  expect(await authorize(services, sandbox, accountOn(sandbox.url, "alice"), "alice")).toMatchObject({
    state: "ready",
  });
  expect(services.said).toEqual([expect.stringContaining("the mirror of the vault cannot be written")]);
});

const spoilers: Record<string, [spoil: (files: string[]) => void, error: { code: string; message: RegExp }]> = {
  "a file that was cut off": [
    ([account = ""]) => writeFileSync(account, '{"format": 1, "acc'),
    { code: "MIRROR_INVALID", message: /^the mirror of the vault is damaged: .*accounts\/alice@/ },
  ],
  "a row moved to another account": [
    ([account = ""]) => {
      const text = [...filesIn(directory)].find(([name]) => name.startsWith("accounts/bob"))?.[1] ?? "";
      writeFileSync(account, text.replace('"account": "bob"', '"account": "alice"'));
    },
    { code: "KEY_MISMATCH", message: /./ },
  ],
  "a name that would lead elsewhere": [
    ([account = ""]) =>
      writeFileSync(account, filesIn(directory).values().next().value?.replace('"alice"', '"../x"') ?? ""),
    { code: "MIRROR_INVALID", message: /damaged/ },
  ],
};

test.each(Object.entries(spoilers))(
  "%s is refused, and nothing is changed",
  async (_what, [spoil, { code, message }]) => {
    await wiped();
    spoil([...filesIn(directory).keys()].map((name) => join(directory, name)));
    const before = filesIn(directory);
    const services = mirroredAt(here, directory);
    await expect(services.mirror.restore()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await here.redis.keys(`${here.corner.prefix}:*`)).toEqual([]);
    expect(filesIn(directory)).toEqual(before);
    expect(await standingOf(services, "alice")).toMatchObject({ state: "held" });
  },
);

test("a mirror under a key that is not at hand names the key, and nothing is changed", async () => {
  await wiped();
  const other = Keyring.parse(Keyring.generate(), "another key");
  const services = mirroredAt(underKey(here, other), directory);
  await expect(services.mirror.restore()).rejects.toMatchObject({
    code: "KEY_MISMATCH",
    message: `the mirror was sealed under a key that is not at hand: ${here.keyring.ids[0]}`,
  });
  expect(await here.redis.keys(`${here.corner.prefix}:*`)).toEqual([]);
});

test("a mirror that cannot be read holds the accounts and says where", async () => {
  await wiped();
  rmSync(join(directory, "accounts"), { recursive: true });
  writeFileSync(join(directory, "accounts"), "not a directory");
  expect(await standingOf(mirroredAt(here, directory), "alice")).toMatchObject({
    state: "held",
    cure: expect.stringMatching(/^make .*accounts readable/),
  });
});

test("an authorization that was begun is not mirrored: its code is good for minutes only", async () => {
  sandbox = await sandboxFor({ users: ["alice"] });
  const { authorization } = mirroredAt(here, directory);
  const address = await authorization.begin(accountOn(sandbox.url, "alice"), needed);
  expect(codeFor(sandbox, address, "alice")).not.toBe("");
  expect([...filesIn(directory).keys()].filter((name) => name.startsWith("accounts"))).toEqual([]);
});
