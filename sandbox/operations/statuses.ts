import type { Status, Visibility } from "../../core/mastodon/entities.js";
import { invalid, Refusal } from "../refusal.js";
import { renderAccount } from "../render/account.js";
import { renderStatus, renderVersion } from "../render/status.js";
import { edit, remove, versionOf } from "../world/editing.js";
import type { Draft, NewDraft, PollDraft } from "../world/draft.js";
import { publish } from "../world/posting.js";
import { bookmark, favourite, reblog, unfavourite, unreblog } from "../world/reactions.js";
import type { Person, Post } from "../world/records.js";
import { parentOf, threadOf } from "../world/thread.js";
import { canSee, hiddenFrom, ownPost, visiblePost } from "../world/visibility.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { notSimulated } from "./not-simulated.js";
import { accountLimits, page } from "./page.js";
import { schedule, scheduledFor } from "./scheduled-statuses.js";
import type { Parameters } from "./parameters.js";

/** @see https://docs.joinmastodon.org/methods/statuses/ */
export const statuses: Handlers<"statuses"> = {
  create: (call) => {
    const me = signedIn(call);
    return renderStatus(call.world, me, publish(call.world, me, newDraftFrom(call)));
  },
  schedule: (call) => {
    const at = scheduledFor(call);
    if (at !== undefined) return schedule(call, newDraftFrom(call), at);
    throw invalid("The scheduled date must be in the future");
  },
  getMany: (call) =>
    (call.parameters.texts("id") ?? []).flatMap((id) => {
      const post = call.world.posts.get(id);
      return post === undefined || !canSee(call.person, post) ? [] : [renderStatus(call.world, call.person, post)];
    }),
  translate: (call) => {
    shown(call);
    throw new Refusal(503, "Service Unavailable");
  },
  pin: (call) => pinned(call, (me, post) => me.kept.pinned.add(post.id)),
  unpin: (call) => pinned(call, (me, post) => me.kept.pinned.delete(post.id)),
  mute: (call) => marked(call, (me, post) => me.kept.mutedThreads.add(threadOf(call.world, post))),
  unmute: (call) => marked(call, (me, post) => me.kept.mutedThreads.delete(threadOf(call.world, post))),
  get: (call) => renderStatus(call.world, call.person, shown(call)),
  update: (call) => {
    const me = signedIn(call);
    const post = own(call);
    edit(call.world, me, post, draftFrom(call.parameters, post));
    return renderStatus(call.world, me, post);
  },
  delete: (call) => {
    const me = signedIn(call);
    const post = own(call);
    const answer = { ...renderStatus(call.world, me, post), text: post.text };
    remove(call.world, post);
    return answer;
  },
  context: (call) => {
    const post = shown(call);
    const show = (posts: Post[]): Status[] =>
      posts
        .filter((other) => isShownInThread(call.person, other))
        .map((other) => renderStatus(call.world, call.person, other));
    return { ancestors: show(ancestorsOf(call, post)), descendants: show(descendantsOf(post)) };
  },
  source: (call) => {
    const post = own(call);
    return { id: post.id, text: post.text, spoiler_text: post.spoilerText };
  },
  favourite: (call) => marked(call, (me, post) => favourite(call.world, me, post)),
  unfavourite: (call) => marked(call, unfavourite),
  reblog: (call) => {
    const me = signedIn(call);
    const post = reblog(call.world, me, original(shown(call)), visibilityFrom(call.parameters));
    return renderStatus(call.world, me, post);
  },
  unreblog: (call) => marked(call, (me, post) => unreblog(call.world, me, post)),
  bookmark: (call) => marked(call, (me, post) => bookmark(call.world, me, post)),
  unbookmark: (call) => marked(call, (me, post) => me.bookmarks.delete(post.id)),
  favouritedBy: (call) => {
    const post = original(shown(call));
    const edges = [...post.favouritedBy.values()].filter((edge) => !hiddenFrom(call.person, edge.target));
    return page(edges, call.parameters, accountLimits, (edge) => renderAccount(call.world, edge.target));
  },
  history: (call) => {
    const post = original(shown(call));
    return [...post.versions, versionOf(post)].map((version) => renderVersion(call.world, post, version));
  },
  quotes: notSimulated,
  revokeQuote: notSimulated,
  setInteractionPolicy: notSimulated,
  rebloggedBy: (call) => {
    const post = original(shown(call));
    const reblogs = [...post.reblogs.values()].filter((other) => !hiddenFrom(call.person, other.author));
    return page(reblogs, call.parameters, accountLimits, (other) => renderAccount(call.world, other.author));
  },
};

const shown = (call: Call): Post => visiblePost(call.world, call.person, call.parameters.text("id"));
const own = (call: Call): Post => ownPost(call.world, signedIn(call), call.parameters.text("id"));
const original = (post: Post): Post => post.reblogOf ?? post;

function marked(call: Call, mark: (me: Person, post: Post) => unknown): Status {
  const me = signedIn(call);
  const post = original(shown(call));
  mark(me, post);
  return renderStatus(call.world, me, post);
}

function newDraftFrom(call: Call): NewDraft {
  return {
    ...draftFrom(call.parameters),
    visibility: visibilityFrom(call.parameters) ?? "public",
    inReplyToId: call.parameters.filledText("in_reply_to_id"),
    application: call.app === undefined ? null : { name: call.app.name, website: call.app.website },
    idempotencyKey: call.idempotencyKey,
  };
}

function pinned(call: Call, change: (me: Person, post: Post) => unknown): Status {
  const me = signedIn(call);
  const post = shown(call);
  if (post.author !== me) throw invalid("Someone else's post cannot be pinned");
  if (post.reblogOf !== null) throw invalid("A boost cannot be pinned");
  change(me, post);
  return renderStatus(call.world, me, post);
}

const visibilities: readonly string[] = ["public", "unlisted", "private", "direct"] satisfies Visibility[];

function visibilityFrom(parameters: Parameters): Visibility | undefined {
  const text = parameters.filledText("visibility");
  if (text !== undefined && !visibilities.includes(text)) throw invalid("Visibility is not included in the list");
  return text as Visibility | undefined;
}

/** What is not given stays as it was in `before`. */
function draftFrom(parameters: Parameters, before?: Post): Draft {
  return {
    text: parameters.text("status") ?? before?.text ?? "",
    spoilerText: parameters.text("spoiler_text") ?? before?.spoilerText ?? "",
    sensitive: parameters.flag("sensitive") ?? before?.sensitive ?? false,
    language: parameters.filledText("language") ?? before?.language ?? "en",
    mediaIds: parameters.texts("media_ids") ?? before?.media.map(({ id }) => id) ?? [],
    poll: pollFrom(parameters.nested("poll")) ?? (before === undefined ? undefined : keptPoll(before)),
  };
}

function pollFrom(poll: Parameters | undefined): PollDraft | undefined {
  const options = poll?.texts("options")?.filter((option) => option.trim() !== "");
  if (poll === undefined || options === undefined) return undefined;
  return {
    options,
    expiresInSeconds: poll.integer("expires_in") ?? 0,
    multiple: poll.flag("multiple") ?? false,
    hideTotals: poll.flag("hide_totals") ?? false,
  };
}

function keptPoll({ poll }: Post): PollDraft | undefined {
  if (poll === null) return undefined;
  return { options: poll.options, expiresInSeconds: 300, multiple: poll.multiple, hideTotals: poll.hideTotals };
}

function isShownInThread(viewer: Person | undefined, post: Post): boolean {
  return canSee(viewer, post) && !hiddenFrom(viewer, post.author);
}

function ancestorsOf(call: Call, post: Post): Post[] {
  const ancestors: Post[] = [];
  for (let above = parentOf(call.world, post); above !== undefined; above = parentOf(call.world, above))
    ancestors.unshift(above);
  return ancestors;
}

function descendantsOf(post: Post): Post[] {
  const found: Post[] = [];
  const waiting = [...post.replies];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    found.push(next);
    waiting.unshift(...next.replies);
  }
  return found;
}
