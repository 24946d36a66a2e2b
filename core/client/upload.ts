import { setTimeout as sleep } from "node:timers/promises";
import { ServerRefusedError, UploadError } from "../errors.js";
import type { MediaAttachment } from "../mastodon/entities.js";
import { operations } from "../mastodon/operations.js";
import type { Caller, Outlet } from "./call.js";
import { perform } from "./chain.js";
import type { WriteOptions } from "./client.js";
import { blobOf, nameOf, type Upload } from "./upload-source.js";

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Uploads a file and waits until the server has processed it. The file is read or fetched only if it is sent: a handler
 * that runs again gets what it uploaded before. Throws UploadError.
 */
export async function upload(
  { caller, outlet }: { readonly caller: Caller; readonly outlet: Outlet },
  source: Upload,
  options?: WriteOptions,
): Promise<MediaAttachment> {
  const { description, focus } = source;
  const { body } = await perform({
    name: "media.create",
    operation: operations.media.create,
    params: { ...nameOf(source), description, focus },
    prepare: async () => ({ file: await blobOf(source, { caller, outlet }), description, focus }),
    key: options?.key,
    caller,
    outlet,
  });
  return outlet.dryRun ? (body as MediaAttachment) : processed(mediaIn(body), caller, outlet);
}

async function processed(media: MediaAttachment, caller: Caller, outlet: Outlet): Promise<MediaAttachment> {
  let latest = media;
  for (let pauseMs = firstPauseMs; latest.url === null; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    if (Date.now() + pauseMs >= caller.deadline) {
      throw new UploadError("the server was still processing the file when the handler had to end", "deadline", {
        cure: "the next attempt goes on waiting for the same file",
      });
    }
    await sleep(pauseMs, undefined, { signal: caller.signal });
    latest = await look(media.id, caller, outlet);
  }
  return latest;
}

async function look(id: string, caller: Caller, outlet: Outlet): Promise<MediaAttachment> {
  const { get } = operations.media;
  try {
    const { body } = await perform({
      name: "media.get",
      operation: get,
      params: { id },
      key: undefined,
      caller,
      outlet,
    });
    return mediaIn(body);
  } catch (error) {
    if (!(error instanceof ServerRefusedError) || error.status !== 422) throw error;
    throw new UploadError("the server could not process the file", "processing", { cause: error });
  }
}

/** A server, or a proxy before it, may say yes and send anything along. */
function mediaIn(body: unknown): MediaAttachment {
  const id = typeof body === "object" && body !== null && "id" in body ? body.id : undefined;
  if (typeof id === "string" && id !== "") return body as MediaAttachment;
  throw new UploadError("the server took the file, but its answer names none", "processing", {
    cure: "check server: in accounts.yaml; if it is right, tell the server's admin",
  });
}
