import { beforeEach, describe, expect, test } from "vitest";
import { oddServer } from "./odd-server.js";
import { accountOn, needed, place, servicesAt, type Place } from "./services.js";

const hourMs = 60 * 60 * 1_000;

let here: Place;
beforeEach(async () => {
  here = await place();
});

/** An account with a token for two hours, on a server whose clock this host's is off from. */
async function authorizedOn(aheadMs: number) {
  let given = 0;
  const server = await oddServer({
    token: () => ({ json: { access_token: `t${(given += 1)}`, refresh_token: `r${given}`, expires_in: 7_200 } }),
    aheadMs,
  });
  const services = servicesAt(here);
  const account = accountOn(server.origin);
  await services.authorization.begin(account, needed);
  await services.authorization.finish(account, needed, "abc");
  return { account, server, services };
}

describe.each([
  ["behind by days", 50 * hourMs],
  ["behind by hours", 5 * hourMs],
  ["right", 0],
  ["ahead by hours", -5 * hourMs],
  ["ahead by days", -50 * hourMs],
])("on a host whose clock is %s", (_how, aheadMs) => {
  test("a token is not renewed before its time, and once when that has come", async () => {
    const { account, server, services } = await authorizedOn(aheadMs);
    const { expiresAt = 0 } = (await services.vault.credentials(account)) ?? {};
    expect(Math.abs(expiresAt - (Date.now() + aheadMs + 2 * hourMs))).toBeLessThan(60_000);
    for (let start = 0; start < 3; start += 1) await servicesAt(here).auth.run(account, needed);
    await services.auth.run(account, needed);
    expect(server.grants("refresh_token").length).toBe(0);

    // Time goes by on the server; this host's clock says nothing of it.
    server.answers.aheadMs = aheadMs + 1.9 * hourMs;
    const renewed = await servicesAt(here).auth.run(account, needed);
    expect(renewed).toMatchObject({ state: "ready", credentials: { accessToken: "t2", generation: 2 } });
    for (let start = 0; start < 3; start += 1) await servicesAt(here).auth.run(account, needed);
    expect(server.grants("refresh_token").length).toBe(1);
  });

  test("turns are planned by the server's time: one of them renews the token, before 80 % of its lifetime", async () => {
    const { account, server, services } = await authorizedOn(aheadMs);
    let turnMs = 0;
    let token: string | undefined = "t1";
    // One that only verifies may come first, by the time of the day.
    for (let turn = 0; turn < 2 && token === "t1"; turn += 1) {
      const { credentials } = await services.auth.run(account, needed);
      if (credentials === undefined) throw new Error("no token");
      turnMs += (await services.auth.nextTurnMs(account, credentials)) + 61_000;
      server.answers.aheadMs = aheadMs + turnMs;
      token = (await services.auth.run(account, needed)).credentials?.accessToken;
    }
    expect(token).toBe("t2");
    expect(turnMs).toBeGreaterThan(0.04 * 2 * hourMs);
    expect(turnMs).toBeLessThanOrEqual(0.8 * 2 * hourMs + 2 * 61_000);
  });
});

test("a host and a server that disagree by less than a minute are taken for one time", async () => {
  const { account, services } = await authorizedOn(-40_000);
  const { obtainedAt = 0 } = (await services.vault.credentials(account)) ?? {};
  expect(Math.abs(obtainedAt - Date.now())).toBeLessThan(20_000);
});
