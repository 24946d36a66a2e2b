import type { Invocation, Status } from "../../core/plugin.js";
import type { Rule } from "./config.js";

/** What this plugin cannot do without. */
export type Needed = "read:notifications" | "read:statuses" | "read:follows";

/** One for each action; accounts.yaml allows those that its rules need. */
export type Optional = "write:mutes" | "write:blocks" | "write:reports";

/** What the handlers of this plugin receive. */
export type Call = Invocation<Needed, Optional>;

/** The scope that a rule's action needs. */
export const scopeOf = {
  mute: "write:mutes",
  block: "write:blocks",
  report: "write:reports",
} as const satisfies Record<Rule["action"], Optional>;

/** Carries out a rule's action on the author of `post`; false where accounts.yaml does not allow it. */
export async function act(rule: Rule, post: Status, { grant }: Pick<Call, "grant">): Promise<boolean> {
  const id = post.account.id;
  // Named by rule and person: other rules may do the same to the same person.
  const key = `${rule.action}/${rule.name}/${id}`;
  switch (rule.action) {
    case "mute": {
      const client = grant("write:mutes");
      await client?.accounts.mute({ id, duration: secondsOf(rule.duration) }, { key });
      return client !== undefined;
    }
    case "block": {
      const client = grant("write:blocks");
      await client?.accounts.block({ id }, { key });
      return client !== undefined;
    }
    case "report": {
      const client = grant("write:reports");
      const comment = rule.comment ?? `Found by the rule "${rule.name}"`;
      await client?.reports.create({ account_id: id, status_ids: [post.id], comment }, { key });
      return client !== undefined;
    }
  }
}

const secondsPer: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Of a duration such as `7d`; 0 is for good. */
function secondsOf(duration: string | undefined): number {
  if (duration === undefined) return 0;
  return Number(duration.slice(0, -1)) * (secondsPer[duration.slice(-1)] ?? 1);
}
