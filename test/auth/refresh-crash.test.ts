import { beforeEach, describe, expect, test, vi } from "vitest";
import { soon } from "../support/soon.js";
import { expiredToken, refreshes, type ExpiredToken, type Rotation } from "./expired-token.js";
import { refreshChild, type Step } from "./refresh-child.js";
import { authorize, needed, place, servicesAt, token, type Place } from "./services.js";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

let here: Place;
beforeEach(async () => {
  here = await place();
});

const isRefresh = ({ body, path }: { body: Readonly<Record<string, unknown>>; path: string }) =>
  path === token && body["grant_type"] === "refresh_token";

/** Lets a process come as far as this and kills it there. */
async function killAt({ sandbox, settings }: ExpiredToken, step: Step | "sent"): Promise<void> {
  if (step !== "sent") {
    const child = await refreshChild({ ...settings, stopAt: step });
    await child.stopped(step);
    return child.kill();
  }
  const held = sandbox.addFault({ path: token, when: "after", action: "hold" });
  const child = await refreshChild(settings);
  child.go();
  await sandbox.waitForRequest((request) => isRefresh(request) && request.status === null);
  await expect.poll(() => sandbox.faults().find(({ id }) => id === held)?.held, soon).toBe(1);
  await child.kill();
  sandbox.clearFaults();
}

test.each<Rotation>(["at-once", "on-first-use"])(
  "eight processes with one expired token that rotates %s refresh it once, and all go on with the new one",
  async (rotate) => {
    const { sandbox, services, account, settings } = await expiredToken(here, rotate);
    const children = await Promise.all(Array.from({ length: 8 }, () => refreshChild(settings)));
    for (const child of children) child.go();
    const ends = await Promise.all(children.map((child) => child.ended()));
    expect(refreshes(sandbox)).toBe(1);
    const now = await services.vault.credentials(account);
    expect(now?.generation).toBe(2);
    for (const ended of ends) {
      expect(ended).toMatchObject({ state: "ready", generation: 2, accessToken: now?.accessToken });
    }
  },
);

interface Outcome {
  readonly state: "ready" | "needs_authorization";
  /** Refresh requests in all, that of the killed process included. */
  readonly refreshes: number;
}

const renewed = (requests: number): Outcome => ({ state: "ready", refreshes: requests });
const lost: Outcome = { state: "needs_authorization", refreshes: 2 };

describe.each<[Rotation, Step | "sent", Outcome]>([
  ["at-once", "held", renewed(1)],
  ["at-once", "sent", lost],
  ["at-once", "answered", lost],
  ["at-once", "stored", renewed(1)],
  ["on-first-use", "held", renewed(1)],
  ["on-first-use", "sent", renewed(2)],
  ["on-first-use", "answered", renewed(2)],
  ["on-first-use", "stored", renewed(1)],
])("rotating %s, killed when the renewal was %s", (rotate, step, outcome) => {
  test(`the next process ends up ${outcome.state}`, async () => {
    const scene = await expiredToken(here, rotate);
    const { account, sandbox, services } = scene;
    await killAt(scene, step);
    const next = await refreshChild(scene.settings);
    next.go();
    const ended = await next.ended();
    expect([ended?.state, refreshes(sandbox)]).toEqual([outcome.state, outcome.refreshes]);
    if (outcome.state === "ready") {
      expect(ended?.generation).toBe(2);
      expect(await services.vault.refreshIntent(account, 2)).toBeUndefined();
      return;
    }
    const reason = expect.stringMatching(
      /^a renewal at 20[\d:.TZ-]+ was sent by a process that died before its answer was stored; this server replaces tokens at once, so the new one is lost$/,
    ) as string;
    expect(ended?.reason).toEqual(reason);
    // Said once and kept: nothing is asked again until somebody authorizes the account.
    sandbox.clearRequests();
    for (let start = 0; start < 3; start += 1) {
      expect(await servicesAt(here).auth.run(account, needed)).toMatchObject({ state: "needs_authorization", reason });
    }
    expect(sandbox.requests()).toEqual([]);
    expect((await authorize(services, sandbox, account, "alice")).state).toBe("ready");
  });
});

test("a second process that dies over the same renewal is the last to have tried", async () => {
  const scene = await expiredToken(here, "on-first-use");
  const { account, sandbox } = scene;
  await killAt(scene, "answered");
  await killAt(scene, "answered");
  for (let start = 0; start < 3; start += 1) {
    expect((await servicesAt(here).auth.run(account, needed)).state).toBe("needs_authorization");
  }
  expect(refreshes(sandbox)).toBe(2);
});

test("an answer that comes late, after the token was given up for lost, is stored all the same", async () => {
  const scene = await expiredToken(here, "at-once");
  const { account, sandbox, services, settings } = scene;
  const held = sandbox.addFault({ path: token, when: "after", action: "hold" });
  const slow = await refreshChild({ ...settings, leaseMs: 200 });
  slow.go();
  await expect.poll(() => sandbox.faults().find(({ id }) => id === held)?.held, soon).toBe(1);
  const next = await refreshChild({ ...settings, leaseMs: 200 });
  next.go();
  expect((await next.ended())?.state).toBe("needs_authorization");
  sandbox.release(held);
  expect(await slow.ended()).toMatchObject({ state: "ready", generation: 3 });
  expect(await services.auth.run(account, needed)).toMatchObject({ state: "ready", credentials: { generation: 3 } });
});
