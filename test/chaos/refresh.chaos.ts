import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { expiredToken, refreshes, type ExpiredToken, type Rotation } from "../auth/expired-token.js";
import { refreshChild, type Step } from "../auth/refresh-child.js";
import { needed, place, servicesAt, token, verify } from "../auth/services.js";
import { chaos, type Dice } from "./seed.js";

type FaultAction = Parameters<ExpiredToken["sandbox"]["addFault"]>[0]["action"];

const { dice, rounds } = chaos("refresh");
const steps: readonly [Step | undefined, ...(Step | undefined)[]] = [
  undefined,
  undefined,
  "held",
  "answered",
  "stored",
];

/** Some processes at once: each stops at a step or is killed at some moment, or comes to its end. */
async function disturb({ sandbox, settings }: ExpiredToken, { below, pick }: Dice): Promise<{ dead: number }> {
  const faults = Array.from({ length: below(3) }, () => pick<FaultAction>([{ delayMs: below(400) }, "cut"]));
  for (const action of faults)
    sandbox.addFault({ path: pick([token, verify]), when: pick(["before", "after"]), action });
  const plans = Array.from({ length: 1 + below(4) }, () => ({
    stopAt: pick(steps),
    killAfterMs: below(500),
    dies: below(3) > 0,
  }));
  const ends = plans.map(async ({ dies, killAfterMs, stopAt }) => {
    const child = await refreshChild({ ...settings, ...(stopAt !== undefined && { stopAt }) });
    child.go();
    if (!dies && stopAt === undefined) return child.ended();
    await sleep(killAfterMs);
    return child.kill();
  });
  await Promise.all(ends);
  sandbox.clearFaults();
  return { dead: plans.filter(({ dies, stopAt }) => dies || stopAt !== undefined).length + faults.length };
}

test.each(Array.from({ length: rounds }, (_, round) => round + 1))("round %i", async (round) => {
  const decide = dice(round);
  const rotate = decide.pick<Rotation>(["at-once", "on-first-use"]);
  const here = await place();
  const scene = await expiredToken(here, rotate);
  const { account, sandbox, services } = scene;
  const { dead } = await disturb(scene, decide);

  // Whoever comes next brings it to an end, at most after a lease and a retry.
  let standing = await services.auth.run(account, needed);
  for (let turn = 0; turn < 3 && standing.state === "unreachable"; turn += 1) {
    standing = await services.auth.run(account, needed);
  }
  const label = `round ${round}, rotating ${rotate}, ${dead} disturbances`;
  expect(["ready", "needs_authorization"], label).toContain(standing.state);
  if (dead === 0 || (rotate === "on-first-use" && dead === 1)) expect(standing.state, label).toBe("ready");

  const granted = sandbox
    .requests()
    .filter(({ body, status }) => body["grant_type"] === "refresh_token" && status === 200);
  expect(granted.length, label).toBeLessThanOrEqual(rotate === "at-once" ? 1 : 2);
  expect(refreshes(sandbox), label).toBeLessThanOrEqual(dead + 4);

  // From here on the new token is the only one that is used, or none is: never a loop, never an old generation.
  sandbox.clearRequests();
  for (let start = 0; start < 3; start += 1) {
    const again = await servicesAt(here).auth.run(account, needed);
    expect([again.state, again.reason], label).toEqual([standing.state, standing.reason]);
    expect(again.credentials?.accessToken, label).toBe(standing.credentials?.accessToken);
  }
  const seen = sandbox.requests().map(({ path, status }) => `${path} ${status}`);
  expect(seen, label).toEqual(standing.state === "ready" ? Array.from({ length: 3 }, () => `${verify} 200`) : []);
});
