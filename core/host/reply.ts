import type { Outlet } from "../client/call.js";
import { RepliesExhaustedError } from "../errors.js";
import type { Status } from "../mastodon/entities.js";
import type { Can } from "../client/client.js";
import type { Log, Reply } from "../plugin.js";

/** How many answers a rider may write in one thread within an hour, where accounts.yaml does not say. */
const usualRepliesPerThread = 5;

/** On whose behalf, and in which invocation, an answer is written. */
interface Answering {
  readonly rider: { readonly name: string; readonly repliesPerThread?: number | undefined };
  readonly invocation: string;
  readonly outlet: Outlet;
  readonly client: Can<"statuses.create">;
  readonly log: Log;
}

/** Answers a post as often as the rider may in its thread; then it throws RepliesExhaustedError, and nothing is sent. */
export function replyTo(status: Status, { client, invocation, log, outlet, rider }: Answering): Reply {
  const limit = rider.repliesPerThread ?? usualRepliesPerThread;
  let count = 0;
  return async (text, options) => {
    count += 1;
    const key = options?.key === undefined ? `#${count}` : `key:${options.key}`;
    const claim = { rider: rider.name, invocation, key, to: status, limit };
    const admission = await outlet.answers?.admit(claim);
    if (admission === "now-full") log.warn("no more answers in a thread for now", { thread: status.id, limit });
    if (admission === "full" || admission === "now-full") throw new RepliesExhaustedError(limit);
    const answer = await client.statuses.create(
      {
        status: `@${status.account.acct} ${text}`,
        in_reply_to_id: status.id,
        visibility: status.visibility,
        ...(status.spoiler_text !== "" && { spoiler_text: status.spoiler_text }),
      },
      options,
    );
    await outlet.answers?.written(claim, answer.id);
    return answer;
  };
}
