import type { MediaAttachment } from "../../core/mastodon/entities.js";
import { invalid } from "../refusal.js";
import { renderMedia } from "../render/status.js";
import { codePoints } from "../world/content.js";
import { addMedia, ownMedia } from "../world/media.js";
import type { Media } from "../world/records.js";
import { Reply, signedIn, type Call, type Handlers } from "./call.js";
import { notSimulated } from "./not-simulated.js";
import type { Parameters } from "./parameters.js";

/** @see https://docs.joinmastodon.org/methods/media/ */
export const media: Handlers<"media"> = {
  create: (call) => {
    const uploaded = addMedia(call.world, signedIn(call), call.parameters.upload("file"));
    describe(uploaded, call.parameters);
    return answer(call, uploaded, 202);
  },
  get: (call) => answer(call, mine(call), 206),
  update: (call) => {
    const kept = mine(call);
    describe(kept, call.parameters);
    return renderMedia(call.world, kept);
  },
  createV1: notSimulated,
  delete: (call) => {
    const file = mine(call);
    if (file.postId !== null) throw invalid("Media is attached to a post");
    call.world.media.delete(file.id);
    return {};
  },
};

const mine = (call: Call): Media => ownMedia(call.world, signedIn(call), call.parameters.text("id"));

function answer(call: Call, file: Media, whileProcessing: number): MediaAttachment | Reply<MediaAttachment> {
  const body = renderMedia(call.world, file);
  return body.url === null ? new Reply(whileProcessing, body) : body;
}

function describe(file: Media, parameters: Parameters): void {
  const description = parameters.text("description");
  if (description !== undefined && codePoints(description) > 1500) {
    throw invalid("Description is too long (maximum is 1500 characters)");
  }
  file.description = description ?? file.description;
  const [x, y] = (parameters.text("focus") ?? "").split(",").map(Number);
  if (x !== undefined && y !== undefined && Math.abs(x) <= 1 && Math.abs(y) <= 1) file.focus = { x, y };
}
