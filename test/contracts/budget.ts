import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Ask, Budget } from "../../core/client/budget.js";
import type { BudgetStore } from "../../core/client/budget-store.js";
import type { Buckets } from "../../core/client/buckets.js";
import { Budgets } from "../../core/client/budgets.js";
import { LeasedBudget } from "../../core/client/leased-budget.js";
import { BudgetError } from "../../core/errors.js";
import type { Limits } from "../../core/mastodon/limits.js";
import type { Keys } from "../../core/store/keys.js";

/** Where a fleet counts: each call gives one more process its view of it. */
export interface Counted {
  readonly keys: Keys;
  store(): Promise<BudgetStore>;
}

const plain: Buckets = ["token", "account", "address"];
const posting: Buckets = ["token", "account", "statuses", "address"];
const hourMs = 60 * 60 * 1_000;
const server = "https://one.example";
const many = { riderPerHour: 1_000, serverPerHour: 1_000 };

/** What every form of the budget does; `fleet` makes a place to count in that no other test uses. */
export function budgetContract(form: string, fleet: () => Counted): void {
  describe(`the budget, ${form}`, () => {
    test("gives out no more than its share, however the server's windows lie", async () => {
      // A machine that is busy notes the time late: by less than a slice of it.
      const windowMs = 3_000;
      const { budget } = await processOf(fleet(), { token: { limit: 50, windowMs } });
      const times: number[] = [];
      const asking = Array.from({ length: 8 }, async () => {
        while (times.length < 80) {
          await budget.take(ask());
          times.push(Date.now());
        }
      });
      await Promise.all(asking);
      const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
      expect(busiest).toBeLessThanOrEqual(40);
    });

    test("is one for all processes, each taking what the others leave", async () => {
      const counted = fleet();
      const limits = { token: { limit: 100, windowMs: hourMs } };
      const budgets = [await processOf(counted, limits), await processOf(counted, limits)];
      const taken = await Promise.all(budgets.map(({ budget }) => takeAll(budget, { isUrgent: true })));
      // What one has leased the other cannot use: as little as a lease of the last ones.
      const sum = taken.reduce((all, one) => all + one, 0);
      expect(sum).toBeLessThanOrEqual(80);
      expect(sum).toBeGreaterThan(74);
      expect(Math.min(...taken)).toBeGreaterThan(0);
    });

    test("of an address is one for all accounts at a server, and another at another server", async () => {
      const limits = { address: { limit: 50, windowMs: hourMs } };
      const { budget, budgets } = await processOf(fleet(), limits);
      expect(await takeAll(budget, { isUrgent: true })).toBe(40);
      expect(await takeAll(new LeasedBudget(budgets, { name: "b", server, share: 0.8, caps: many }))).toBe(0);
      expect(
        await takeAll(new LeasedBudget(budgets, { name: "b", server: "https://two.example", share: 0.8, caps: many })),
      ).toBe(38);
    });

    test("keeps a part for people's answers", async () => {
      const { budget } = await processOf(fleet(), { token: { limit: 100, windowMs: hourMs } });
      expect(await takeAll(budget)).toBe(75);
      expect(await takeAll(budget, { isUrgent: true })).toBe(5);
    });

    test("serves who answers a person before who does not, as room comes back", async () => {
      const { budget } = await processOf(fleet(), { token: { limit: 10, windowMs: 600 } });
      await takeAll(budget, { isUrgent: true });
      const order: string[] = [];
      const one = async (name: string, isUrgent: boolean) => {
        await budget.take(ask({ isUrgent, deadline: Infinity }));
        order.push(name);
      };
      const bulk = Array.from({ length: 12 }, () => one("bulk", false));
      await Promise.all([...bulk, one("answer", true), one("answer", true)]);
      expect(order.slice(0, 2)).toEqual(["answer", "answer"]);
    });

    test("waits within the deadline, else says when there is room", async () => {
      const { budget } = await processOf(fleet(), { token: { limit: 10, windowMs: 600 } });
      await takeAll(budget);
      const refused: unknown = await failureOf(budget, { deadline: Date.now() + 1 });
      expect(refused).toBeInstanceOf(BudgetError);
      const { resetsAt } = refused as BudgetError;
      await budget.take(ask({ deadline: Infinity }));
      expect(Date.now()).toBeGreaterThanOrEqual(resetsAt.getTime() - 5);
    });

    test("is not waited for by who is told to end", async () => {
      const { budget } = await processOf(fleet(), { token: { limit: 10, windowMs: hourMs } });
      await takeAll(budget);
      const ending = new AbortController();
      const waiting = budget.take(ask({ deadline: Infinity, signal: ending.signal }));
      ending.abort();
      await expect(waiting).rejects.toThrow("aborted");
    });

    test("counts what others use of the account, as the server tells it, until the server's window ends", async () => {
      const counted = fleet();
      const limits = { token: { limit: 100, windowMs: hourMs } };
      const { budget } = await processOf(counted, limits);
      await budget.take(ask());
      budget.note(plain, { limit: 100, left: 50, resetsAt: Date.now() + 300 });
      expect(await takeAll(budget, { isUrgent: true })).toBeLessThanOrEqual(31);
      const other = await processOf(counted, limits);
      expect(await takeAll(other.budget, { isUrgent: true })).toBeLessThanOrEqual(1);
      await sleep(350);
      expect(await takeAll(budget, { isUrgent: true })).toBeGreaterThan(35);
    });

    test.each([
      ["lower", 20, 16],
      ["higher", 400, 320],
    ])("takes the server's own limit where it is %s", async (_which, limit, allowed) => {
      const { budget } = await processOf(fleet(), { token: { limit: 100, windowMs: hourMs } });
      await budget.take(ask());
      budget.note(plain, { limit, left: limit - 1, resetsAt: Date.now() + hourMs });
      const taken = 1 + (await takeAll(budget, { isUrgent: true }));
      expect(taken).toBeLessThanOrEqual(allowed);
      expect(taken).toBeGreaterThan(allowed * 0.9);
    });

    test("does not take one bucket's limit for another's", async () => {
      const limits = { token: { limit: 300, windowMs: 300_000 }, statuses: { limit: 300, windowMs: 3 * hourMs } };
      const { budget } = await processOf(fleet(), limits);
      await budget.take(ask({ buckets: posting }));
      // This ends later than any window of the token: it is about posts.
      budget.note(posting, { limit: 300, left: 0, resetsAt: Date.now() + hourMs });
      expect(await failureOf(budget, { buckets: posting })).toBeInstanceOf(BudgetError);
      expect(await failureOf(budget, { buckets: plain })).toBeUndefined();
    });

    test("of a bucket that the server refused is held, and of that bucket only", async () => {
      const limits = { token: { limit: 300, windowMs: hourMs }, statuses: { limit: 300, windowMs: 3 * hourMs } };
      const { budget } = await processOf(fleet(), limits);
      await budget.take(ask({ buckets: posting }));
      const until = Date.now() + hourMs;
      await budget.hold(posting, { limit: undefined, until, isOverload: false });
      const refused = await failureOf(budget, { buckets: posting, isUrgent: true });
      expect(Math.abs((refused as BudgetError).resetsAt.getTime() - until)).toBeLessThan(5_000);
      expect(await failureOf(budget, { buckets: plain })).toBeUndefined();
      expect(await budget.rows()).toContainEqual(expect.objectContaining({ bucket: "statuses", left: 0 }));
    });

    test("of a server that is overloaded is held for the whole fleet at once", async () => {
      const counted = fleet();
      const [one, other] = [await processOf(counted, {}), await processOf(counted, {})];
      const stop = await other.budgets.listen();
      await other.budget.take(ask());
      await one.budget.take(ask());
      await one.budget.hold(plain, { limit: undefined, until: Date.now() + hourMs, isOverload: true });
      await expect.poll(() => failureOf(other.budget)).toBeInstanceOf(BudgetError);
      stop();
    });

    test("comes back where it was leased and not used", async () => {
      const counted = fleet();
      const limits = { token: { limit: 100, windowMs: hourMs } };
      const { budget } = await processOf(counted, limits);
      for (let taken = 0; taken < 9; taken += 1) await budget.take(ask());
      await budget.release();
      const [row] = await budget.rows();
      expect(row).toMatchObject({ bucket: "token", limit: 80, left: 71 });
      expect(row?.resetsAt).toBeGreaterThan(Date.now());
      expect(await takeAll((await processOf(counted, limits)).budget, { isUrgent: true })).toBe(71);
    });

    test("comes back where it was leased and others have used the server's up meanwhile", async () => {
      const { budget } = await processOf(fleet(), { token: { limit: 100, windowMs: hourMs } });
      for (let taken = 0; taken < 9; taken += 1) await budget.take(ask());
      budget.note(plain, { limit: 100, left: 15, resetsAt: Date.now() + 300 });
      await sleep(350);
      expect(await takeAll(budget, { isUrgent: true })).toBe(71);
    });

    test("is lost with a process that is killed by a sixteenth at most", async () => {
      const counted = fleet();
      const limits = { token: { limit: 100, windowMs: hourMs } };
      const killed = await processOf(counted, limits);
      for (let taken = 0; taken < 30; taken += 1) await killed.budget.take(ask());
      expect(await takeAll((await processOf(counted, limits)).budget, { isUrgent: true })).toBeGreaterThanOrEqual(45);
    });

    test("caps a rider's writes, and those to a server over all accounts", async () => {
      const counted = fleet();
      const caps = { riderPerHour: 5, serverPerHour: 12 };
      const reached: string[] = [];
      const { budgets } = await processOf(counted, {});
      const one = new LeasedBudget(budgets, { name: "a", server, share: 0.8, caps }, (cap) => reached.push(cap));
      expect(await takeAll(one, { writer: "loud" })).toBe(5);
      expect(await takeAll(one, { writer: "other" })).toBe(5);
      expect(await failureOf(one)).toBeUndefined();
      expect(new Set(reached)).toEqual(
        new Set(["the cap of 5 writes an hour for loud", "the cap of 5 writes an hour for other"]),
      );
      const elsewhere = (await processOf(counted, {})).budgets;
      const two = new LeasedBudget(elsewhere, { name: "b", server, share: 0.8, caps }, (cap) => reached.push(cap));
      const left = await takeAll(two, { writer: "loud" });
      // The first process may have leased the odd one that it does not use.
      expect([1, 2]).toContain(left);
      expect(reached.at(-1)).toBe(`the cap of 12 writes an hour for ${server}`);
      expect(await failureOf(two, { writer: "loud" })).toMatchObject({
        message: expect.stringMatching(/cap of 12 writes an hour for https:\/\/one\.example leaves no room before/),
      });
    });
  });
}

async function processOf(counted: Counted, limits: Limits): Promise<{ budgets: Budgets; budget: Budget }> {
  const budgets = new Budgets({ store: await counted.store(), keys: counted.keys, egress: "here", limits });
  return { budgets, budget: new LeasedBudget(budgets, { name: "a", server, share: 0.8, caps: many }) };
}

function ask(more: Partial<Ask> = {}): Ask {
  return {
    name: "timelines.home",
    buckets: plain,
    writer: undefined,
    isUrgent: false,
    deadline: Date.now() + 20_000,
    signal: new AbortController().signal,
    ...more,
  };
}

/** Takes until there is no room now; answers how many it got. */
async function takeAll(budget: Budget, more: Partial<Ask> = {}): Promise<number> {
  for (let taken = 0; ; taken += 1) if ((await failureOf(budget, more)) !== undefined) return taken;
}

async function failureOf(budget: Budget, more: Partial<Ask> = {}): Promise<unknown> {
  try {
    await budget.take(ask({ deadline: Date.now(), ...more }));
    return undefined;
  } catch (error) {
    return error;
  }
}
