import { afterEach, expect, test } from "vitest";
import { RedisOutages } from "../../core/auth/redis-outages.js";
import { NetworkError, ServerRefusedError } from "../../core/errors.js";
import { ServerGate, streamingOrigin } from "../../core/host/server-gate.js";
import { soon } from "../support/soon.js";
import { testRedis, type TestRedis } from "../support/redis.js";

const server = "https://mastodon.example";
let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

/** The gates of so many processes. */
async function gates(redis: TestRedis, count: number): Promise<ServerGate[]> {
  const timing = { firstMs: 50, longestMs: 50, firstRoom: 2, stepMs: 100 };
  const connect = async () => new ServerGate(new RedisOutages(await redis.connect(), redis.keys, timing), server);
  return Promise.all(Array.from({ length: count }, connect));
}

test("while a server is down, one of all processes tries it; once it answers, they come in by and by", async () => {
  const redis = testRedis();
  const all = await gates(redis, 5);
  all[0]?.failed({ kind: "network", failure: "refused", message: "the connection was refused" });
  const entered: ServerGate[] = [];
  const connection = await redis.connect();
  await expect.poll(() => connection.exists(redis.keys.server(server, "outage")), soon).toBe(1);
  for (const gate of all)
    void gate.enter(stop.signal).then(
      () => entered.push(gate),
      () => undefined,
    );
  await expect.poll(() => entered.length, soon).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(entered).toHaveLength(1);
  entered[0]?.answered();
  await expect.poll(() => entered.length, soon).toBe(5);
});

test("what a read says about the server is told: an answer, a refusal, a failure", async () => {
  const told: string[] = [];
  const outages = {
    admission: async () => "go" as const,
    answered: async () => void told.push("answered"),
    failed: async (_server: string, _reason: string, surely: boolean) => void told.push(surely ? "down" : "perhaps"),
  };
  const heard = new ServerGate(outages, server);
  const { signal } = stop;
  expect(await heard.through(signal, async () => 5)).toBe(5);
  const fail = (cause: Error) => heard.through(signal, () => Promise.reject(cause)).catch(() => undefined);
  await fail(new ServerRefusedError("timelines.home", 404, {}));
  await fail(new ServerRefusedError("timelines.home", 503, {}));
  await fail(new NetworkError("gone", "dns", false));
  await fail(new Error("the plugin's own"));
  heard.failed({ kind: "refused", status: 502, message: "" });
  expect(told).toEqual(["answered", "answered", "perhaps", "down", "perhaps"]);
  stop.abort();
  await expect(heard.through(signal, async () => 5)).rejects.toThrow("abort");
});

test("the streaming API is the server's own, unless it stands elsewhere", () => {
  expect(streamingOrigin("wss://mastodon.example")).toBe("https://mastodon.example");
  expect(streamingOrigin("ws://127.0.0.1:3000/api/v1/streaming")).toBe("http://127.0.0.1:3000");
  expect(streamingOrigin("wss://streaming.mastodon.example/x")).toBe("https://streaming.mastodon.example");
});

test("where sockets count, one waits for room once it is let in, and no longer than its signal", async () => {
  const outages = {
    admission: async () => "go" as const,
    answered: async () => undefined,
    failed: async () => undefined,
  };
  const order: string[] = [];
  const gate = new ServerGate(outages, server, async (signal) => {
    order.push("waits");
    await new Promise((resolve, reject) => {
      setTimeout(resolve, 20);
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  });
  await gate.enter(stop.signal).then(() => order.push("enters"));
  expect(order).toEqual(["waits", "enters"]);
  const entering = gate.enter(stop.signal);
  await expect.poll(() => order.length, soon).toBe(3);
  stop.abort();
  await expect(entering).rejects.toThrow("aborted");
});
