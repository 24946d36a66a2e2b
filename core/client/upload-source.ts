import { openAsBlob } from "node:fs";
import { basename, extname } from "node:path";
import { isOnLoopback } from "../accounts/server.js";
import { UploadError } from "../errors.js";
import { collect, fetchFile } from "../mastodon/fetch-file.js";
import type { OutgoingCall } from "./call.js";

/** Where a file comes from. An address may only be one on the internet; a stream's `type` is its media type. */
export type UploadSource =
  | { readonly file: Blob }
  | { readonly path: string }
  | { readonly url: string }
  | { readonly stream: AsyncIterable<Uint8Array, unknown, undefined>; readonly type: string };

/** What `media.upload` takes. */
export type Upload = UploadSource & {
  /** For those who do not see it. */
  readonly description?: string;
  /** `x,y`, each from -1 to 1. */
  readonly focus?: string;
};

/** More than any server takes. */
const maxBytes = 100 * 1024 * 1024;
const fetchTimeoutMs = 60_000;

const types: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".heic": "image/heic",
  ".avif": "image/avif",
  ".mp4": "video/mp4",
  ".mov": "video/quicktime",
  ".webm": "video/webm",
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".ogg": "audio/ogg",
  ".wav": "audio/wav",
  ".flac": "audio/flac",
};

/** What names the source in the ledger: the same for every attempt, without reading it. */
export function nameOf(source: UploadSource): object {
  if ("url" in source) return { url: source.url };
  if ("path" in source) return { path: source.path };
  return "file" in source ? { file: source.file } : { stream: source.type };
}

/** Reads a source. Throws UploadError. */
export async function blobOf(
  source: UploadSource,
  { caller, outlet }: Pick<OutgoingCall, "caller" | "outlet">,
): Promise<Blob> {
  if ("file" in source) return source.file;
  if ("path" in source) return fileAt(source.path);
  if ("stream" in source) return new Blob(await collect(source.stream, maxBytes), { type: source.type });
  return fetchFile(source.url, {
    userAgent: outlet.http.userAgent,
    maxBytes,
    timeoutMs: Math.min(fetchTimeoutMs, caller.deadline - Date.now()),
    signal: caller.signal,
    allowLoopback: isOnLoopback(outlet.server),
  });
}

async function fileAt(path: string): Promise<Blob> {
  const type = types[extname(path).toLowerCase()] ?? "";
  try {
    const blob = await openAsBlob(path, { type });
    return new File([blob], basename(path), { type });
  } catch (cause) {
    throw new UploadError(`the file ${path} cannot be read`, "unreadable", { cause });
  }
}
