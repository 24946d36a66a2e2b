import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { aboutServer, NotAskedError, type Admission, type Outages } from "../../core/auth/outages.js";
import { RedisOutages, type OutageTiming } from "../../core/auth/redis-outages.js";
import { NetworkError, type NetworkFailure } from "../../core/errors.js";
import { soon } from "../support/soon.js";
import { place, type Place } from "./services.js";

const server = "https://server.example";
const other = "https://other.example";

let here: Place;
beforeEach(async () => {
  here = await place();
});

const processWith = (timing: Partial<OutageTiming> = {}): Outages =>
  new RedisOutages(here.redis, here.corner.keys, timing);
const isWaiting = (admission: Admission) => typeof admission === "object";

/** Asks until the server may be probed. */
async function probeOf(outages: Outages): Promise<void> {
  await expect.poll(() => outages.admission(server), soon).toBe("probe");
}

describe("a server", () => {
  test("that was not heard of is up, and stays so while it answers", async () => {
    const outages = processWith();
    expect(await outages.admission(server)).toBe("go");
    await outages.answered(server);
    expect(await processWith().admission(server)).toBe("go");
  });

  test("that surely fails is down for all processes at once, with the reason; others are not", async () => {
    const [one, two] = [processWith(), processWith()];
    await one.failed(server, "the server refuses connections", true);
    for (const outages of [one, two]) {
      const admission = await outages.admission(server);
      expect(admission).toEqual({
        waitUntil: expect.any(Number) as number,
        reason: "the server refuses connections",
      });
      expect(await outages.admission(other)).toBe("go");
    }
  });

  test("that perhaps fails is down the third time in a row, an answer between them counts", async () => {
    const outages = processWith({ firstMs: 60_000 });
    const fail = () => outages.failed(server, "the server is out of order (502)", false);
    await fail();
    await fail();
    expect(await outages.admission(server)).toBe("go");
    await outages.answered(server);
    await fail();
    await fail();
    expect(await outages.admission(server)).toBe("go");
    await fail();
    expect(isWaiting(await outages.admission(server))).toBe(true);
  });

  test("that is down is probed by one of all who ask", async () => {
    const processes = Array.from({ length: 8 }, () => processWith({ firstMs: 1 }));
    await processes[0]?.failed(server, "down", true);
    await sleep(300);
    const admissions = await Promise.all(
      processes.flatMap((outages) => Array.from({ length: 25 }, () => outages.admission(server))),
    );
    expect(admissions.filter((admission) => admission === "probe").length).toBe(1);
    expect(admissions.filter(isWaiting).length).toBe(199);
  });

  test("whose probe's process died is probed by another", async () => {
    const timing = { firstMs: 1, probeMs: 300 };
    const dying = processWith(timing);
    await dying.failed(server, "down", true);
    await probeOf(dying);
    const next = processWith(timing);
    expect(isWaiting(await next.admission(server))).toBe(true);
    await probeOf(next);
  });

  test("that stays down is probed after longer and longer pauses, up to the longest", async () => {
    const longestMs = 8_000;
    const outages = processWith({ firstMs: 1_000, longestMs, probeMs: 1 });
    const key = here.corner.keys.server(server, "outage");
    for (let failures = 1; failures <= 6; failures += 1) {
      await outages.failed(server, "down", true);
      const [at, count] = await here.redis.hmget(key, "probe_at", "failures");
      const [seconds] = await here.redis.time();
      expect(Number(count)).toBe(failures);
      expect(Number(at) - Number(seconds) * 1_000).toBeLessThanOrEqual(
        Math.min(longestMs, 1_000 * 2 ** (failures - 1)) + 1_000,
      );
      await here.redis.hset(key, "probe_at", 0);
      expect(await outages.admission(server)).toBe("probe");
    }
  });

  test("does not count what failed late, having been sent before the outage was known", async () => {
    const outages = processWith({ firstMs: 60_000 });
    for (let late = 0; late < 10; late += 1) await outages.failed(server, "down", true);
    expect(await here.redis.hget(here.corner.keys.server(server, "outage"), "failures")).toBe("1");
  });

  test("that is back lets accounts in gradually, each once, and all in the end", async () => {
    const timing = { firstMs: 1, firstRoom: 2, stepMs: 200 };
    const outages = processWith(timing);
    await outages.failed(server, "down", true);
    await probeOf(outages);
    await outages.answered(server);
    const processes = [outages, processWith(timing), processWith(timing)];
    const admitted: number[] = [];
    const start = Date.now();
    await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        for (;;) {
          const admission = await processes[at % 3]?.admission(server);
          if (admission === "go") return admitted.push(Date.now() - start);
          expect(typeof admission).toBe("object");
          await sleep(typeof admission === "object" ? Math.max(1, admission.waitUntil - Date.now()) : 1);
        }
      }),
    );
    expect(admitted.length).toBe(100);
    // Two in the first step, four in the second and so on: 100 need six steps.
    expect(Math.max(...admitted)).toBeGreaterThan(4 * 200);
    await expect.poll(() => here.redis.exists(here.corner.keys.server(server, "outage")), soon).toBe(0);
  });

  test("that fails again while it lets in is down again, and its pauses go on growing", async () => {
    const outages = processWith({ firstMs: 1 });
    for (let round = 1; round <= 3; round += 1) {
      await outages.failed(server, "down", true);
      expect(await here.redis.hget(here.corner.keys.server(server, "outage"), "failures")).toBe(String(round));
      await probeOf(outages);
      await outages.answered(server);
    }
  });
});

const failing = (failure: NetworkFailure) => new NetworkError("asked", failure, true);

test.each<[string, Parameters<typeof aboutServer>[0], ReturnType<typeof aboutServer>]>([
  ["a person", { status: 200, body: {} }, "up"],
  ["a refused token", { status: 401, body: {} }, "up"],
  ["a disabled login", { status: 403, body: {} }, "up"],
  ["the rate limit", { status: 429, body: {} }, "up"],
  ["500", { status: 500, body: "<html>" }, "perhaps down"],
  ["503", { status: 503, body: {} }, "perhaps down"],
  ["no name", failing("dns"), "down"],
  ["no connection", failing("refused"), "down"],
  ["no answer", failing("timeout"), "perhaps down"],
  ["a wrong certificate", failing("certificate"), "down"],
  ["a cut connection", failing("cut"), "perhaps down"],
  ["a web page", failing("not_json"), "perhaps down"],
  ["a redirect", failing("redirect"), "perhaps down"],
  ["too much", failing("too_large"), "perhaps down"],
  ["given up", failing("aborted"), "nothing"],
  ["too long a line here", failing("unasked"), "nothing"],
  ["not asked", new NotAskedError(server, { waitUntil: 0, reason: "down" }), "nothing"],
])("what %s says about the server", (_what, asked, about) => {
  expect(aboutServer(asked)).toBe(about);
});
