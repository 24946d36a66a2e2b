import type { Report } from "../../core/mastodon/notification-entities.js";
import type { FiledReport } from "../world/records.js";
import type { World } from "../world/world.js";
import { renderAccount } from "./account.js";

/** A report as whoever filed it sees it. */
export function renderReport(world: World, report: FiledReport): Report {
  return {
    id: report.id,
    action_taken: false,
    action_taken_at: null,
    category: report.category,
    comment: report.comment,
    forwarded: report.forwarded,
    created_at: new Date(report.createdAt).toISOString(),
    status_ids: [...report.statusIds],
    rule_ids: [...report.ruleIds],
    target_account: renderAccount(world, report.target),
  };
}
