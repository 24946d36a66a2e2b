import { Refusal } from "../refusal.js";
import { renderAccount } from "../render/account.js";
import { renderStatus, renderTag } from "../render/status.js";
import type { Status } from "../../core/mastodon/entities.js";
import type { Post } from "../world/records.js";
import { canSee, hiddenFrom, inHome, isPublicPost } from "../world/visibility.js";
import type { World } from "../world/world.js";
import { requiredQuery, searchPeople } from "./accounts.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { ownList } from "./lists.js";
import { featuring } from "./featured-tags.js";
import { notSimulated } from "./not-simulated.js";
import { page, timelineLimits, type Page } from "./page.js";

/** @see https://docs.joinmastodon.org/methods/timelines/ */
export const timelines: Handlers<"timelines"> = {
  home: (call) => {
    const me = signedIn(call);
    return timeline(call, (post) => inHome(me, post));
  },
  public: (call) => {
    const remoteOnly = call.parameters.flag("remote") === true && call.parameters.flag("local") !== true;
    return timeline(call, (post) => !remoteOnly && isPublicPost(post) && !hiddenFrom(call.person, post.author));
  },
  tag: (call) => {
    const wanted = [call.parameters.text("hashtag") ?? "", ...tagsNamed(call, "any")].map(lowerCase);
    const all = tagsNamed(call, "all").map(lowerCase);
    const none = tagsNamed(call, "none").map(lowerCase);
    return timeline(
      call,
      ({ tags, visibility, reblogOf, author }) =>
        visibility === "public" &&
        reblogOf === null &&
        !author.suspended &&
        !hiddenFrom(call.person, author) &&
        wanted.some((tag) => tags.includes(tag)) &&
        all.every((tag) => tags.includes(tag)) &&
        !none.some((tag) => tags.includes(tag)),
    );
  },
  list: (call) => {
    const me = signedIn(call);
    const { members } = ownList(call, "list_id");
    return timeline(call, (post) => members.has(post.author.id) && inHome(me, post));
  },
  link: notSimulated,
};

const lowerCase = (tag: string): string => tag.replace(/^#/, "").toLowerCase();
const namedTag = ({ parameters }: Call): string => lowerCase(parameters.text("name") ?? "");
const tagsNamed = (call: Call, name: string): string[] => call.parameters.texts(name) ?? [];

function timeline(call: Call, belongs: (post: Post) => boolean): Page<Status> {
  const onlyMedia = call.parameters.flag("only_media") ?? false;
  const posts = [...call.world.posts.values()].filter((post) => belongs(post) && (!onlyMedia || post.media.length > 0));
  return page(posts, call.parameters, timelineLimits, (post) => renderStatus(call.world, call.person, post));
}

/** @see https://docs.joinmastodon.org/methods/tags/ */
export const tags: Handlers<"tags"> = {
  get: (call) => {
    const name = namedTag(call);
    const tag = renderTag(call.world, name);
    return call.person === undefined ? tag : { ...tag, following: call.person.kept.followedTags.has(name) };
  },
  follow: (call) => {
    const name = namedTag(call);
    const { followedTags } = signedIn(call).kept;
    const id = followedTags.get(name)?.id ?? call.world.ids.next();
    followedTags.set(name, { id, target: name, createdAt: Date.now() });
    return { ...renderTag(call.world, name), following: true };
  },
  unfollow: (call) => {
    const name = namedTag(call);
    signedIn(call).kept.followedTags.delete(name);
    return { ...renderTag(call.world, name), following: false };
  },
  ...featuring,
};

/** @see https://docs.joinmastodon.org/methods/search/ */
export const search: Handlers<"search"> = {
  query: (call) => {
    const query = requiredQuery(call.parameters);
    const offset = call.parameters.integer("offset") ?? 0;
    requireUserFor(call, "offset", "Search queries pagination is not supported without authentication");
    requireUserFor(
      call,
      "resolve",
      "Search queries that resolve remote resources are not supported without authentication",
    );
    const limit = Math.min(Math.abs(call.parameters.integer("limit") ?? 20), 40);
    const type = call.parameters.filledText("type");
    const part = <T>(name: string, items: T[]): T[] =>
      type === undefined || type === name ? items.slice(offset, offset + limit) : [];
    return {
      accounts: part("accounts", searchPeople(call.world, query)).map((person) => renderAccount(call.world, person)),
      statuses: part("statuses", searchPosts(call, query)).map((post) => renderStatus(call.world, call.person, post)),
      hashtags: part("hashtags", searchTags(call.world, query)).map((name) => renderTag(call.world, name)),
    };
  },
};

function requireUserFor(call: Call, parameter: string, refusal: string): void {
  if (call.person === undefined && call.parameters.flag(parameter) === true) throw new Refusal(401, refusal);
}

/** A post by its address, or the person's own and public posts that contain the words. */
function searchPosts(call: Call, query: string): Post[] {
  if (call.person === undefined) return [];
  const words = query.toLowerCase();
  const byAddress = /\/(\d+)$/.exec(query)?.[1];
  return [...call.world.posts.values()]
    .filter((post) => post.id === byAddress || post.text.toLowerCase().includes(words))
    .filter((post) => post.reblogOf === null && canSee(call.person, post) && !hiddenFrom(call.person, post.author))
    .toReversed();
}

function searchTags(world: World, query: string): string[] {
  const wanted = lowerCase(query);
  const used = new Set([...world.posts.values()].flatMap((post) => post.tags));
  return [...used].filter((tag) => tag.startsWith(wanted));
}
