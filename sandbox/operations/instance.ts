import type { Instance } from "../../core/mastodon/instance-entities.js";
import { notFound } from "../refusal.js";
import type { Software } from "../dialects/dialect.js";
import { maxAttachments, mediaTypes } from "../world/media.js";
import { pollLimits } from "../world/polls.js";
import type { World } from "../world/world.js";
import type { Call, Handlers } from "./call.js";

const title = "Sandbox";
const description = "A Mastodon-compatible server in memory, for trying bots out.";

/** @see https://docs.joinmastodon.org/methods/instance/ */
export const instance: Handlers<"instance"> = {
  get: (call) => ({
    domain: new URL(call.origin).host,
    title,
    version: software(call).version,
    source_url: software(call).sourceUrl,
    description,
    usage: { users: { active_month: call.world.people.size } },
    thumbnail: { url: `${call.world.base}/packs/media/images/preview.png` },
    icon: [],
    languages: ["en"],
    configuration: {
      urls: { ...streamingUrl(call, "streaming"), status: null },
      vapid: { public_key: vapidKey },
      translation: { enabled: false },
      ...configuration(call.world),
    },
    registrations: { enabled: false, approval_required: false, message: null },
    api_versions: { mastodon: 6 },
    contact: { email: "", account: null },
    rules,
  }),
  getV1: (call) => ({
    uri: new URL(call.origin).host,
    title,
    short_description: description,
    description,
    email: "",
    version: software(call).version,
    urls: streamingUrl(call, "streaming_api"),
    stats: { user_count: call.world.people.size, status_count: call.world.posts.size, domain_count: 0 },
    thumbnail: null,
    languages: ["en"],
    registrations: false,
    approval_required: false,
    invites_enabled: false,
    configuration: configuration(call.world),
    contact_account: null,
    rules,
  }),
  peers: () => [],
  activity: () => [],
  rules: () => rules,
  domainBlocks: () => [],
  extendedDescription: () => ({ updated_at: null, content: "" }),
  privacyPolicy: () => ({ updated_at: "2024-01-01T00:00:00.000Z", content: "" }),
  termsOfService: none,
  termsOfServiceOf: none,
  translationLanguages: () => ({}),
};

/** Most servers have no terms either. */
function none(): never {
  throw notFound();
}

/** The public part of the key for push messages, which the sandbox does not send. */
export const vapidKey = "BCk-QqERU0q-CfYZjcuB6lnyyOYfJ2AifKqfeGIm7Z-HiTU5T9eTG5GxVA0_OH5mMlI4UkkDTpaZwozy0TzdZ2M=";

const rules = [{ id: "1", text: "Be kind." }];

const software = ({ world }: Call): Software => world.settings.dialect.software;

/** The streams are where the caller reached the server, so that it works from inside a container too. */
function streamingUrl<Name extends string>({ world, origin }: Call, name: Name): { [N in Name]?: string } {
  if (world.settings.dialect.streaming === undefined) return {};
  return { [name]: origin.replace(/^http/, "ws") } as { [N in Name]?: string };
}

function configuration(world: World): Omit<Instance["configuration"], "urls" | "vapid" | "translation"> {
  return {
    accounts: { max_featured_tags: 10 },
    statuses: {
      max_characters: world.settings.rules.maxCharacters,
      max_media_attachments: maxAttachments,
      characters_reserved_per_url: 23,
    },
    media_attachments: {
      supported_mime_types: [...mediaTypes],
      image_size_limit: 16_777_216,
      image_matrix_limit: 33_177_600,
      video_size_limit: 103_809_024,
      video_frame_rate_limit: 120,
      video_matrix_limit: 8_294_400,
    },
    polls: {
      max_options: pollLimits.options,
      max_characters_per_option: pollLimits.characters,
      min_expiration: pollLimits.minSeconds,
      max_expiration: pollLimits.maxSeconds,
    },
  };
}
