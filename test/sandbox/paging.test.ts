import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { compareIds } from "../../sandbox/world/ids.js";
import { ask, tokenFor, type Json } from "./bot.js";

const total = 45;

describe("pages", () => {
  let sandbox: Sandbox;
  let token: string;
  let newestFirst: string[];

  beforeAll(async () => {
    sandbox = await startSandbox();
    token = await tokenFor(sandbox, "bob");
    const bob = sandbox.users().find(({ user }) => user === "bob")?.id ?? "";
    await sandbox.actAs("alice").accounts.follow({ id: bob });
    newestFirst = [];
    for (let number = 0; number < total; number += 1) {
      newestFirst.unshift((await sandbox.actAs("alice").statuses.create({ status: `@bob ${number}` })).id);
    }
    await sandbox.actAs("bob").accounts.follow({ id: sandbox.users()[0]?.id ?? "" });
  });
  afterAll(() => sandbox.close());

  const lists = ["timelines/home", "timelines/public", "notifications"];
  const linkOf = (headers: Headers, rel: string): string | undefined =>
    new RegExp(`<([^>]+)>; rel="${rel}"`).exec(headers.get("link") ?? "")?.[1];
  const idOf = (entity: Json): string => (entity.status?.id ?? entity.id) as string;

  it.each(lists)("%s: following next gives everything once, newest first", async (list) => {
    for (const limit of [1, 7, 40]) {
      const seen: string[] = [];
      let address: string | undefined = `${sandbox.url}/api/v1/${list}?limit=${limit}`;
      while (address !== undefined) {
        const { body, headers } = await ask(address, { token });
        seen.push(...(body as Json[]).filter((entity) => entity.type !== "follow").map(idOf));
        address = (body as Json[]).length === 0 ? undefined : linkOf(headers, "next");
      }
      expect(seen).toEqual(newestFirst);
    }
  });

  it("min_id walks forward without a gap, from anywhere, with any limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: total - 1 }), fc.integer({ min: 1, max: 40 }), async (from, limit) => {
        const query = `min_id=${newestFirst[from] ?? ""}&limit=${limit}`;
        const { body } = await ask(`${sandbox.url}/api/v1/timelines/home?${query}`, { token });
        const seen = (body as Json[]).map(idOf);
        expect(seen).toEqual(newestFirst.slice(Math.max(0, from - limit), from));
      }),
      { numRuns: 40 },
    );
  });

  it("since_id gives the newest and leaves a gap", async () => {
    const query = `since_id=${newestFirst[20] ?? ""}&limit=5`;
    const { body } = await ask(`${sandbox.url}/api/v1/timelines/home?${query}`, { token });
    expect((body as Json[]).map(idOf)).toEqual(newestFirst.slice(0, 5));
  });

  it("limits are 20 and 40 for timelines, 40 and 80 for notifications", async () => {
    const size = async (path: string): Promise<number> =>
      ((await ask(`${sandbox.url}/api/v1/${path}`, { token })).body as Json[]).length;
    expect(await size("timelines/home")).toBe(20);
    expect(await size("timelines/home?limit=1000")).toBe(40);
    expect(await size("notifications")).toBe(40);
    expect(await size("notifications?limit=1000")).toBe(46);
  });

  it("links keep the other parameters and drop the old cursor", async () => {
    const query = `limit=3&local=true&max_id=${newestFirst[0] ?? ""}`;
    const { headers } = await ask(`${sandbox.url}/api/v1/timelines/public?${query}`, { token });
    const next = new URL(linkOf(headers, "next") ?? "");
    expect(Object.fromEntries(next.searchParams)).toEqual({ limit: "3", local: "true", max_id: newestFirst[3] });
    expect(next.origin).toBe(sandbox.url);
    expect(new URL(linkOf(headers, "prev") ?? "").searchParams.get("min_id")).toBe(newestFirst[1]);
  });

  it("ids rise", () => {
    expect(newestFirst.toSorted((a, b) => compareIds(b, a))).toEqual(newestFirst);
    expect(compareIds("9", "10")).toBeLessThan(0);
  });
});
