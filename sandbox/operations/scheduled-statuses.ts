import type { ScheduledStatus } from "../../core/mastodon/entities.js";
import { invalid, notFound } from "../refusal.js";
import type { Scheduled } from "../world/records.js";
import type { NewDraft } from "../world/draft.js";
import { checkedMedia, publish } from "../world/posting.js";
import { renderMedia } from "../render/status.js";
import type { Person } from "../world/records.js";
import type { World } from "../world/world.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { markedLimits, page } from "./page.js";

const leastAheadMs = 5 * 60_000;
const longestTimerMs = 2 ** 31 - 1;

/** @see https://docs.joinmastodon.org/methods/scheduled_statuses/ */
export const scheduledStatuses: Handlers<"scheduledStatuses"> = {
  list: (call) =>
    page(signedIn(call).kept.scheduled.values(), call.parameters, markedLimits, (entry) =>
      renderScheduled(call, entry),
    ),
  get: (call) => renderScheduled(call, own(call)),
  update: (call) => {
    const entry = own(call);
    const at = timeIn(call) ?? entry.at;
    if (at < Date.now() + leastAheadMs) throw invalid("The scheduled date must be in the future");
    clearTimeout(entry.timer);
    entry.at = at;
    entry.timer = startTimer(call.world, signedIn(call), entry);
    return renderScheduled(call, entry);
  },
  delete: (call) => {
    const entry = own(call);
    clearTimeout(entry.timer);
    signedIn(call).kept.scheduled.delete(entry.id);
    return {};
  },
};

/** When the call wants its post to appear; undefined: at once, as Mastodon takes a time that is past. */
export function scheduledFor(call: Call): number | undefined {
  const at = timeIn(call);
  if (at === undefined || at <= Date.now()) return undefined;
  if (at < Date.now() + leastAheadMs) throw invalid("The scheduled date must be in the future");
  return at;
}

/** Keeps a post until its time. */
export function schedule(call: Call, draft: NewDraft, at: number): ScheduledStatus {
  const me = signedIn(call);
  checkedMedia(call.world, me, draft, null);
  const waiting = { id: call.world.ids.next(), draft, at };
  const entry: Scheduled = { ...waiting, timer: startTimer(call.world, me, waiting) };
  me.kept.scheduled.set(entry.id, entry);
  return renderScheduled(call, entry);
}

function startTimer(world: World, me: Person, { at, draft, id }: Omit<Scheduled, "timer">): NodeJS.Timeout {
  const appear = () => {
    me.kept.scheduled.delete(id);
    publish(world, me, draft);
  };
  return setTimeout(appear, Math.min(at - Date.now(), longestTimerMs)).unref();
}

function timeIn({ parameters }: Call): number | undefined {
  const text = parameters.filledText("scheduled_at");
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw invalid("Scheduled at is invalid");
  return at;
}

function own(call: Call): Scheduled {
  const entry = signedIn(call).kept.scheduled.get(call.parameters.text("id") ?? "");
  if (entry === undefined) throw notFound();
  return entry;
}

function renderScheduled({ world }: Call, { at, draft, id }: Scheduled): ScheduledStatus {
  return {
    id,
    scheduled_at: new Date(at).toISOString(),
    params: {
      text: draft.text,
      visibility: draft.visibility,
      in_reply_to_id: draft.inReplyToId ?? null,
      media_ids: draft.mediaIds.length === 0 ? null : [...draft.mediaIds],
      sensitive: draft.sensitive,
      spoiler_text: draft.spoilerText,
      language: draft.language,
      idempotency: draft.idempotencyKey ?? null,
      scheduled_at: null,
      poll:
        draft.poll === undefined
          ? null
          : {
              options: [...draft.poll.options],
              expires_in: draft.poll.expiresInSeconds,
              multiple: draft.poll.multiple,
              hide_totals: draft.poll.hideTotals,
            },
    },
    media_attachments: draft.mediaIds.flatMap((mediaId) => {
      const media = world.media.get(mediaId);
      return media === undefined ? [] : [renderMedia(world, media)];
    }),
  };
}
