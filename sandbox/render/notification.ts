import type { Notification } from "../../core/mastodon/notification-entities.js";
import type { Notice, Person } from "../world/records.js";
import type { World } from "../world/world.js";
import { renderAccount } from "./account.js";
import { renderStatus } from "./status.js";

/** A notification as its receiver sees it. */
export function renderNotification(world: World, receiver: Person, notice: Notice): Notification {
  const base: Notification = {
    id: notice.id,
    type: notice.type,
    group_key: notice.groupKey,
    created_at: new Date(notice.createdAt).toISOString(),
    account: renderAccount(world, notice.from),
  };
  return notice.post === null ? base : { ...base, status: renderStatus(world, receiver, notice.post) };
}
