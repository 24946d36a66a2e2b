import { NotReadyError, UncertainOutcomeError } from "../errors.js";
import type { Status } from "../mastodon/entities.js";
import { operations } from "../mastodon/operations.js";
import { plainText } from "../mastodon/plain-text.js";
import { claimOf } from "./admit.js";
import type { OutgoingCall, Reply } from "./call.js";
import type { LedgerEntry } from "./ledger.js";
import { send } from "./send.js";

/** A request may take effect this long after it was admitted: its deadline and a settling time. */
const settledByDefaultMs = 45_000;
/** Clocks differ; a status that is older than this before the admission is another one. */
const clockToleranceMs = 120_000;
/** How far back it is looked: beyond that nobody can tell. */
const mostPages = 10;

/**
 * Looks on the server for a write whose answer never came. Found: settled as done. Not there: undefined, it may be
 * sent again. Where it cannot be looked for: settled as uncertain, for a human. Throws NotReadyError while the
 * request might still take effect.
 */
export async function lookUp(call: OutgoingCall, recorded: LedgerEntry): Promise<Reply | undefined> {
  const { ledger, settledAfterMs = settledByDefaultMs } = call.outlet;
  const claim = claimOf(call, recorded);
  if (call.name !== "statuses.create") return uncertain(call, recorded, "its answer never came");
  const settledAt = recorded.admittedAt + settledAfterMs;
  if (Date.now() < settledAt) {
    throw new NotReadyError(`${call.name} was sent without an answer: it is looked for once it must have settled`, {
      retryAt: settledAt,
    });
  }
  for await (const status of ownStatusesSince(call, recorded)) {
    if (!isThatPost(status, call, recorded.admittedAt) || call.caller.record?.take(status.id) === false) continue;
    await ledger.settle(claim, { state: "done", result: status });
    return { body: status };
  }
  return undefined;
}

async function uncertain(call: OutgoingCall, recorded: LedgerEntry, reason: string): Promise<never> {
  await call.outlet.ledger.settle(claimOf(call, recorded), { state: "uncertain", reason });
  throw new UncertainOutcomeError(call.name);
}

/** The account's posts back to the admission, newest first: the core's own reading, outside the rider's fence. */
async function* ownStatusesSince(call: OutgoingCall, recorded: LedgerEntry): AsyncGenerator<Status> {
  const since = recorded.admittedAt - clockToleranceMs;
  let before: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const { body } = await send({
      ...call,
      name: "accounts.statuses",
      operation: operations.accounts.statuses,
      params: { id: call.outlet.personId, limit: 40, max_id: before },
    });
    const statuses = Array.isArray(body) ? (body as Status[]) : [];
    yield* statuses;
    const oldest = statuses.at(-1);
    if (oldest === undefined || Date.parse(oldest.created_at) < since) return;
    before = oldest.id;
  }
  await uncertain(call, recorded, "the account has posted too much since to be looked through");
}

function isThatPost(status: Status, call: OutgoingCall, admittedAt: number): boolean {
  const text = (name: string) => {
    const value = call.params[name];
    return typeof value === "string" ? value : "";
  };
  return (
    Date.parse(status.created_at) >= admittedAt - clockToleranceMs &&
    (status.in_reply_to_id ?? "") === text("in_reply_to_id") &&
    status.media_attachments.length === mediaCount(call.params["media_ids"]) &&
    comparable(status.spoiler_text) === comparable(text("spoiler_text")) &&
    comparable(plainText(status.content)) === comparable(text("status"))
  );
}

function mediaCount(mediaIds: unknown): number {
  return Array.isArray(mediaIds) ? mediaIds.length : 0;
}

/** Servers show `@name@host` as `@name` and set white space their own way. */
function comparable(text: string): string {
  return text
    .replaceAll(/@([\w.-]+)@[\w.-]+/g, "@$1")
    .replaceAll(/\s+/g, " ")
    .trim();
}
