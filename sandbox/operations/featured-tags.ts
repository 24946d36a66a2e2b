import type { FeaturedTag, Tag } from "../../core/mastodon/social-entities.js";
import { invalid, missing, notFound } from "../refusal.js";
import { renderTag } from "../render/status.js";
import type { Edge, Person } from "../world/records.js";
import type { World } from "../world/world.js";
import { signedIn, type Call, type Handlers } from "./call.js";

const mostFeatured = 10;
const mostSuggested = 10;

/** @see https://docs.joinmastodon.org/methods/featured_tags/ */
export const featuredTags: Handlers<"featuredTags"> = {
  list: (call) => featuredBy(call.world, signedIn(call)),
  create: (call) => {
    const me = signedIn(call);
    return renderFeatured(call.world, me, feature(call, me, nameIn(call, "name")));
  },
  delete: (call) => {
    const { featuredTags: kept } = signedIn(call).kept;
    const [name] = [...kept].find(([, { id }]) => id === call.parameters.text("id")) ?? [];
    if (name === undefined) throw notFound();
    kept.delete(name);
    return {};
  },
  suggestions: (call) => {
    const me = signedIn(call);
    const used = new Set(me.posts.flatMap(({ tags }) => tags).filter((tag) => !me.kept.featuredTags.has(tag)));
    return [...used].slice(0, mostSuggested).map((name) => renderTag(call.world, name));
  },
};

/** The same by way of the tag. @see https://docs.joinmastodon.org/methods/tags/#feature */
export const featuring: Pick<Handlers<"tags">, "feature" | "unfeature"> = {
  feature: (call) => {
    const { target } = feature(call, signedIn(call), nameIn(call, "id"));
    return tagOf(call, target);
  },
  unfeature: (call) => {
    const name = nameIn(call, "id");
    signedIn(call).kept.featuredTags.delete(name);
    return tagOf(call, name);
  },
};

/** What a person features on their profile. */
export function featuredBy(world: World, person: Person): FeaturedTag[] {
  return [...person.kept.featuredTags.values()].map((edge) => renderFeatured(world, person, edge));
}

function feature({ world }: Call, { kept }: Person, name: string): Edge<string> {
  const known = kept.featuredTags.get(name);
  if (known !== undefined) return known;
  if (kept.featuredTags.size >= mostFeatured) throw invalid("You have already featured the maximum number of hashtags");
  const edge = { id: world.ids.next(), target: name, createdAt: Date.now() };
  kept.featuredTags.set(name, edge);
  return edge;
}

function renderFeatured(world: World, { posts, username }: Person, { id, target }: Edge<string>): FeaturedTag {
  const used = posts.filter(({ tags, visibility }) => visibility === "public" && tags.includes(target));
  const last = used.at(-1);
  return {
    id,
    name: target,
    url: `${world.base}/@${username}/tagged/${encodeURIComponent(target)}`,
    statuses_count: String(used.length),
    last_status_at: last === undefined ? null : new Date(last.createdAt).toISOString().slice(0, 10),
  };
}

function tagOf(call: Call, name: string): Tag {
  const { kept } = signedIn(call);
  return {
    ...renderTag(call.world, name),
    following: kept.followedTags.has(name),
    featuring: kept.featuredTags.has(name),
  };
}

function nameIn({ parameters }: Call, parameter: "id" | "name"): string {
  const name = parameters.filledText(parameter)?.replace(/^#/, "").toLowerCase();
  if (name === undefined || name === "") throw missing(parameter);
  if (!/^[\p{L}\p{N}\p{M}_·]+$/u.test(name)) throw invalid("Name is invalid");
  return name;
}
