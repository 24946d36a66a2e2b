import "reflect-metadata";
import { container, inject, injectable } from "tsyringe";
import { expect, test } from "vitest";
import { testRedis } from "../support/redis.js";

@injectable()
class Greeter {
  constructor(@inject("greeting") readonly greeting: string) {}
}

test("tsyringe injects by token into a class that the test runner compiled", () => {
  const child = container.createChildContainer();
  child.register("greeting", { useValue: "hello" });
  expect(child.resolve(Greeter).greeting).toBe("hello");
});

test("each test gets a corner of a real Redis of its own", async () => {
  const [one, other] = [testRedis(), testRedis()];
  const redis = await one.connect();
  await redis.set(one.keys.fleet("probe"), "1");
  expect(await redis.get(one.keys.fleet("probe"))).toBe("1");
  expect(await redis.get(other.keys.fleet("probe"))).toBeNull();
  expect(one.env.REDIS_URL).toBe(one.url);
});
