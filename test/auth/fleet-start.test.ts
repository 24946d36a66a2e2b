import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { AuthAccount, Standing } from "../../core/auth/auth-service.js";
import { httpServer, json } from "../mastodon/local-server.js";
import { accountOn, needed, place, servicesAt, verify, type Place, type Services } from "./services.js";

const count = 1_000;
/** Per server and process, see core/auth/pace.ts. */
const bound = 10;

let here: Place;
beforeEach(async () => {
  here = await place();
});

/** A server where each token `tN` is the bot `botN`'s, and how many requests were under way at most. */
async function crowdedServer() {
  const state = { isUp: true, underWay: 0, most: 0 };
  const server = await httpServer((response, { headers }) => {
    state.underWay += 1;
    state.most = Math.max(state.most, state.underWay);
    setTimeout(() => {
      state.underWay -= 1;
      const id = headers.authorization?.replace("Bearer t", "") ?? "";
      if (state.isUp) json(response, { id, username: `bot${id}`, bot: true });
      else response.writeHead(503, { "content-type": "text/html" }).end("<h1>Down</h1>");
    }, 3);
  });
  onTestFinished(() => server.close());
  return { server, state };
}

async function cachedAccounts(origin: string, { vault }: Services): Promise<AuthAccount[]> {
  const accounts = Array.from({ length: count }, (_, at) => accountOn(origin, `bot${at}`));
  await Promise.all(
    accounts.map((account, at) =>
      vault.store(
        account,
        {
          accessToken: `t${at}`,
          refreshToken: undefined,
          scopes: needed,
          expiresAt: undefined,
          obtainedAt: Date.now(),
          appScopes: needed.join(" "),
        },
        0,
      ),
    ),
  );
  return accounts;
}

/** Starts every account, half of them in another process, and again when they are told to come again. */
async function startAll(accounts: readonly AuthAccount[], processes: readonly Services[], isPatient: boolean) {
  return Promise.all(
    accounts.map(async (account, at): Promise<Standing | undefined> => {
      for (;;) {
        const standing = await processes[at % processes.length]?.auth.run(account, needed);
        if (!isPatient || standing?.state !== "unreachable") return standing;
        await sleep(Math.max(10, (standing.retryAt ?? 0) - Date.now()));
      }
    }),
  );
}

test("1,000 cached accounts that start are 1,000 verifications, no more, a bounded number at a time", async () => {
  const { server, state } = await crowdedServer();
  const processes = [servicesAt(here), servicesAt(here)];
  const accounts = await cachedAccounts(server.origin, servicesAt(here));
  const standings = await startAll(accounts, processes, false);
  expect(standings.every((standing) => standing?.state === "ready")).toBe(true);
  expect(server.requests.map(({ url }) => url)).toEqual(Array.from({ length: count }, () => verify));
  expect(state.most).toBeLessThanOrEqual(processes.length * bound);
  expect(state.most).toBeGreaterThan(bound);
});

test("a server that is down is asked by few of 1,000, and all come back when it does", async () => {
  const { server, state } = await crowdedServer();
  const processes = [servicesAt(here), servicesAt(here)];
  const accounts = await cachedAccounts(server.origin, servicesAt(here));
  state.isUp = false;
  const standings = await startAll(accounts, processes, false);
  // Three failures make it an outage; a request of the other process may be under way by then.
  expect(server.requests.length).toBeLessThanOrEqual(5);
  for (const standing of standings) {
    expect(standing).toMatchObject({ state: "unreachable", reason: "the server is out of order (503)" });
    expect(standing?.credentials).toBeDefined();
  }
  state.isUp = true;
  const back = await startAll(accounts, processes, true);
  expect(back.every((standing) => standing?.state === "ready")).toBe(true);
  expect(server.requests.length).toBeLessThanOrEqual(5 + count);
});
