import { invalid, notFound, Refusal } from "../refusal.js";
import type { Media, Person } from "./records.js";
import type { World } from "./world.js";

/** A file as it came in. */
export interface Upload {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** Types of files that can be attached, as the instance announces them. */
export const mediaTypes: readonly string[] = [
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
  "image/heic",
  "image/avif",
  "video/webm",
  "video/mp4",
  "video/quicktime",
  "audio/wav",
  "audio/ogg",
  "audio/mpeg",
  "audio/mp4",
  "audio/flac",
];

/** Most attachments of one post. */
export const maxAttachments = 4;

/** Keeps an uploaded file; it is processed for as long as the rules say. */
export function addMedia(world: World, owner: Person, upload: Upload | undefined): Media {
  if (upload === undefined) throw invalid("File can't be blank");
  const contentType = upload.contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!mediaTypes.includes(contentType)) throw invalid("File content type is invalid");
  const media: Media = {
    id: world.ids.next(),
    owner,
    type: typeOf(contentType),
    contentType,
    bytes: upload.bytes,
    readyAt: Date.now() + world.settings.rules.mediaProcessingMs,
    description: null,
    focus: null,
    postId: null,
  };
  world.media.set(media.id, media);
  return media;
}

function typeOf(contentType: string): Media["type"] {
  if (contentType === "image/gif") return "gifv";
  const [kind] = contentType.split("/", 1);
  return kind === "image" || kind === "video" || kind === "audio" ? kind : "unknown";
}

/** The person's own file with this id; throws 404 otherwise. */
export function ownMedia(world: World, owner: Person, id: string | undefined): Media {
  const media = id === undefined ? undefined : world.media.get(id);
  if (media === undefined || media.owner !== owner) throw notFound();
  return media;
}

/** The files to attach to a post (`postId` when it exists already); throws 422 where Mastodon does. */
export function attachable(world: World, owner: Person, ids: readonly string[], postId: string | null): Media[] {
  if (ids.length > maxAttachments) throw new Refusal(422, "Cannot attach more than 4 files");
  const media = ids.map((id) => {
    const found = world.media.get(id);
    if (found === undefined || found.owner !== owner || (found.postId !== null && found.postId !== postId)) {
      throw new Refusal(422, `Media ${id} not found or already attached to another post`);
    }
    return found;
  });
  if (media.length > 1 && media.some(({ type }) => type === "audio" || type === "video")) {
    throw new Refusal(422, "Cannot attach a video to a post that already contains images");
  }
  if (media.some(({ readyAt }) => readyAt > Date.now())) {
    throw new Refusal(422, "Cannot attach files that have not finished processing. Try again in a moment!");
  }
  return media;
}
