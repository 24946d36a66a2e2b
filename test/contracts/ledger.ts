import { describe, expect, test } from "vitest";
import type { Claim, Ledger, LedgerEntry } from "../../core/client/ledger.js";

/** A ledger of an account in its first epoch, and what may stand in the way of its writes. */
export interface OpenedLedger {
  readonly ledger: Ledger;
  pause(): Promise<unknown>;
  /** Gives the account to another process. */
  changeOwner(): Promise<unknown>;
}

const entry: LedgerEntry = {
  operation: "statuses.create",
  state: "sent",
  idempotencyKey: "base-digest-1",
  admittedAt: 2,
  firstAdmittedAt: 1,
};
const claim: Claim = { invocation: "i", key: "k", rider: "tester", entry, epoch: 1, again: false };
const post = { id: "7", content: "<p>hello</p>", media: [null, 1.5, { deep: "\u{1f326}" }] };

/** What every form of the ledger holds to. */
export function ledgerContract(form: string, open: () => Promise<OpenedLedger>): void {
  describe(`the ledger in ${form}`, () => {
    test("knows nothing of what nobody asked for", async () => {
      const { ledger } = await open();
      const { values, writes } = await ledger.trace("i");
      expect([values.size, writes.size, await ledger.traced(["i"])]).toEqual([0, 0, new Set()]);
    });

    test("records a write as it is admitted, and a second one is refused", async () => {
      const { ledger } = await open();
      expect(await ledger.admit(claim)).toBe("admitted");
      expect(await ledger.admit(claim)).toBe("known");
      expect(await ledger.admit({ ...claim, key: "other" })).toBe("admitted");
      // In any order: Redis keeps none in a hash.
      expect(new Map((await ledger.trace("i")).writes)).toEqual(
        new Map([
          ["k", entry],
          ["other", entry],
        ]),
      );
      expect(await ledger.traced(["h", "i"])).toEqual(new Set(["i"]));
    });

    test("admits one of several that ask for the same at once", async () => {
      const { ledger } = await open();
      const admissions = await Promise.all(Array.from({ length: 8 }, () => ledger.admit(claim)));
      expect(admissions.toSorted()).toEqual(["admitted", ...Array.from({ length: 7 }, () => "known")]);
    });

    test("admits again what was looked for in vain", async () => {
      const { ledger } = await open();
      await ledger.admit(claim);
      const later = { ...entry, admittedAt: 9 };
      expect(await ledger.admit({ ...claim, again: true, entry: later })).toBe("admitted");
      expect((await ledger.trace("i")).writes.get("k")).toEqual(later);
    });

    test("admits nothing for a paused account", async () => {
      const { ledger, pause } = await open();
      await pause();
      expect(await ledger.admit(claim)).toBe("paused");
      expect(await ledger.traced(["i"])).toEqual(new Set());
    });

    test("admits nothing for an owner of the past", async () => {
      const { changeOwner, ledger } = await open();
      await changeOwner();
      expect(await ledger.admit(claim)).toBe("outdated");
      expect(await ledger.traced(["i"])).toEqual(new Set());
    });

    test.each([[post], [[]], [""], [null]])("gives back the result %j", async (result) => {
      const { ledger } = await open();
      await ledger.admit(claim);
      await ledger.settle(claim, { state: "done", result });
      expect((await ledger.trace("i")).writes.get("k")).toEqual({ ...entry, state: "done", result });
      expect(await ledger.admit(claim)).toBe("known");
    });

    test("knows that a write is done where the server answered nothing", async () => {
      const { ledger } = await open();
      await ledger.admit(claim);
      await ledger.settle(claim, { state: "done", result: undefined });
      expect((await ledger.trace("i")).writes.get("k")).toEqual({ ...entry, state: "done" });
    });

    test("lets what took no effect be asked for again, and what is uncertain not", async () => {
      const { ledger } = await open();
      await ledger.admit(claim);
      await ledger.settle(claim, { state: "void", reason: "status 422" });
      expect(await ledger.admit(claim)).toBe("admitted");
      await ledger.settle(claim, { state: "uncertain", reason: "it cannot be looked for" });
      expect(await ledger.admit(claim)).toBe("known");
    });

    describe("where a later owner has sent a write again", () => {
      const later: Claim = { ...claim, entry: { ...entry, admittedAt: 9 }, epoch: 2, again: true };
      const asSent = async () => {
        const { changeOwner, ledger } = await open();
        await ledger.admit(claim);
        await changeOwner();
        expect(await ledger.admit(later)).toBe("admitted");
        return ledger;
      };
      const entryOf = async (ledger: Ledger) => (await ledger.trace("i")).writes.get("k");

      test.each(["void", "uncertain"] as const)(
        "the late word of the owner before, %s, changes nothing",
        async (state) => {
          const ledger = await asSent();
          await ledger.settle(claim, { state, reason: "a time-out" });
          expect(await entryOf(ledger)).toEqual(later.entry);
          await ledger.settle(later, { state: "done", result: post });
          await ledger.settle(claim, { state, reason: "a time-out" });
          expect(await entryOf(ledger)).toEqual({ ...later.entry, state: "done", result: post });
          expect(await ledger.admit(later)).toBe("known");
        },
      );

      test("what the server answered to the owner before counts, and is counted as a straggler", async () => {
        const ledger = await asSent();
        expect(await ledger.settle(claim, { state: "void", reason: "a time-out" })).toBe("late");
        expect(await ledger.stragglers()).toBe(0);
        expect(await ledger.settle(claim, { state: "done", result: post })).toBe("late");
        expect(await ledger.stragglers()).toBe(1);
        // What is known is not admitted again, whoever has looked for it in vain meanwhile.
        expect(await ledger.admit(later)).toBe("known");
        await ledger.settle(later, { state: "uncertain", reason: "it cannot be looked for" });
        expect(await entryOf(ledger)).toEqual({ ...entry, state: "done", result: post });
      });
    });

    test("counts no stragglers while the owner stays", async () => {
      const { ledger } = await open();
      await ledger.admit(claim);
      expect(await ledger.settle(claim, { state: "done", result: post })).toBe("in time");
      expect(await ledger.stragglers()).toBe(0);
    });

    test("names what an operation has made since", async () => {
      const { ledger } = await open();
      await ledger.settle(claim, { state: "done", result: post });
      await ledger.settle({ ...claim, key: "j" }, { state: "void", reason: "status 422" });
      expect(await ledger.created("statuses.create", Date.now() - 60_000)).toEqual(new Set(["7"]));
      expect(await ledger.created("media.create", 0)).toEqual(new Set());
      expect(await ledger.created("statuses.create", Date.now() + 3_600_000)).toEqual(new Set());
    });

    test.each([["text"], [7], [null], [{ a: [1, "two"] }]])("keeps %j apart from the writes", async (value) => {
      const { ledger } = await open();
      await ledger.keep("i", "k", value);
      const { values, writes } = await ledger.trace("i");
      expect([[...values], writes.size]).toEqual([[["k", value]], 0]);
    });
  });
}
