import { invalid } from "../refusal.js";
import { renderReport } from "../render/report.js";
import { codePoints } from "../world/content.js";
import { personById } from "../world/people.js";
import type { Person } from "../world/records.js";
import { canSee } from "../world/visibility.js";
import { signedIn, type Call, type Handlers } from "./call.js";

const categories: readonly string[] = ["spam", "legal", "violation", "other"];

/** @see https://docs.joinmastodon.org/methods/reports/ */
export const reports: Handlers<"reports"> = {
  create: (call) => {
    const me = signedIn(call);
    const { parameters, world } = call;
    const target = personById(world, parameters.text("account_id"));
    const ruleIds = parameters.texts("rule_ids") ?? [];
    const category = parameters.filledText("category") ?? (ruleIds.length > 0 ? "violation" : "other");
    const comment = parameters.text("comment") ?? "";
    if (!categories.includes(category)) throw invalid("Category is not included in the list");
    if (codePoints(comment) > 1000) throw invalid("Comment is too long (maximum is 1000 characters)");
    const report = {
      id: world.ids.next(),
      by: me,
      target,
      createdAt: Date.now(),
      category: category as "spam" | "legal" | "violation" | "other",
      comment,
      forwarded: parameters.flag("forward") ?? false,
      statusIds: (parameters.texts("status_ids") ?? []).filter((id) => reportable(call, target, id)),
      ruleIds,
    };
    world.reports.push(report);
    return renderReport(world, report);
  },
};

function reportable(call: Call, target: Person, id: string): boolean {
  const post = call.world.posts.get(id);
  return post !== undefined && post.author === target && canSee(call.person, post);
}
