import { NotReadyError, UncertainOutcomeError } from "../errors.js";
import type { Status } from "../mastodon/entities.js";
import { operations } from "../mastodon/operations.js";
import { plainText } from "../mastodon/plain-text.js";
import { claimOf } from "./admit.js";
import type { OutgoingCall, Reply } from "./call.js";
import type { LedgerEntry } from "./ledger.js";
import { send } from "./send.js";

/** A request may take effect this long after it was admitted: its deadline and a settling time. */
const settledAfterMs = 45_000;
/** Clocks differ; a status that is older than this before the admission is another one. */
const clockToleranceMs = 120_000;

/**
 * Looks on the server for a write whose answer never came. Found: settled as done. Not there: undefined, it may be
 * sent again. Where it cannot be looked for: settled as uncertain, for a human. Throws NotReadyError while the
 * request might still take effect.
 */
export async function lookUp(call: OutgoingCall, recorded: LedgerEntry): Promise<Reply | undefined> {
  const { ledger } = call.outlet;
  const claim = claimOf(call, recorded);
  if (call.name !== "statuses.create") {
    await ledger.settle(claim, { state: "uncertain", reason: "its answer never came" });
    throw new UncertainOutcomeError(call.name);
  }
  const settledAt = recorded.admittedAt + settledAfterMs;
  if (Date.now() < settledAt) {
    throw new NotReadyError(`${call.name} was sent without an answer: it is looked for once it must have settled`, {
      retryAt: settledAt,
    });
  }
  const found = (await ownStatuses(call)).find((status) => isThatPost(status, call, recorded.admittedAt));
  if (found === undefined) return undefined;
  await ledger.settle(claim, { state: "done", result: found });
  return { body: found };
}

/** The account's newest posts: the core's own reading, outside the rider's fence. */
async function ownStatuses(call: OutgoingCall): Promise<readonly Status[]> {
  const reply = await send({
    ...call,
    name: "accounts.statuses",
    operation: operations.accounts.statuses,
    params: { id: call.outlet.personId, limit: 40 },
  });
  return Array.isArray(reply.body) ? (reply.body as Status[]) : [];
}

function isThatPost(status: Status, call: OutgoingCall, admittedAt: number): boolean {
  const text = (name: string) => {
    const value = call.params[name];
    return typeof value === "string" ? value : "";
  };
  return (
    Date.parse(status.created_at) >= admittedAt - clockToleranceMs &&
    (status.in_reply_to_id ?? "") === text("in_reply_to_id") &&
    comparable(status.spoiler_text) === comparable(text("spoiler_text")) &&
    comparable(plainText(status.content)) === comparable(text("status"))
  );
}

/** Servers show `@name@host` as `@name` and set white space their own way. */
function comparable(text: string): string {
  return text
    .replaceAll(/@([\w.-]+)@[\w.-]+/g, "@$1")
    .replaceAll(/\s+/g, " ")
    .trim();
}
