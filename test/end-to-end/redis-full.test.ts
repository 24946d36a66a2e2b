import { expect, onTestFinished, test } from "vitest";
import { connectRedis } from "../../core/store/redis.js";
import { freePort, OwnRedis } from "../support/own-redis.js";
import { refusalKinds } from "../support/redis-refusals.js";
import { eventually } from "./eventually.js";
import { fleetOf } from "./fleet.js";

test.each(refusalKinds)(
  "while Redis stores nothing ($code) the accounts are held, and then go on by themselves",
  async ({ begin, code, end }) => {
    const server = await OwnRedis.start();
    onTestFinished(() => server.close());
    const fleet = await fleetOf({
      accounts: { bot: { plugins: [{ use: "following" }] } },
      sandbox: { users: ["bot", "early", "late"] },
      environment: { REDIS_URL: server.url },
    });
    const redis = await connectRedis({ url: server.url });
    onTestFinished(() => redis.disconnect());
    const port = await freePort();
    await fleet.run({ PORT: String(port) });
    await fleet.authorize("bot");
    await fleet.listening("bot");
    const follows = () => fleet.count("bot", "accounts.follow");
    await fleet.sandbox.actAs("early").accounts.follow({ id: fleet.idOf("bot") });
    await eventually("it follows back", () => follows() === 1);

    await begin(redis);
    await fleet.sandbox.actAs("late").accounts.follow({ id: fleet.idOf("bot") });
    const shown = await fleet.bot("status", "--json");
    expect(shown.code, shown.stderr).toBe(0);
    const held = await fleet.statusOf("bot");
    expect(held.state).toBe("held");
    expect(held.reason).toMatch(new RegExp(`^Redis stores nothing at the moment: .+ \\(${code}\\)$`));
    expect(held.cure).toMatch(/; what waits goes on by itself then$/);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    expect(follows()).toBe(1);

    await end(redis);
    await eventually("it goes on", () => follows() === 2);
    await eventually("it is ready", async () => (await fleet.statusOf("bot")).state === "ready");
    expect(follows()).toBe(2);
  },
);
