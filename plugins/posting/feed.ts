import { createHash } from "node:crypto";
import { parseFeed } from "@rowanmanning/feed-parser";
import { plainText } from "../../core/plugin.js";
import type { Parts } from "./compose.js";

/** One item of a feed, as JSON. */
export interface Item extends Parts {
  /** A short form of what the feed identifies it by: its id, else its link, else its words. */
  readonly mark: string;
  /** Milliseconds since the epoch. */
  readonly published: number | null;
}

/** What the server of a feed wants to see again, so that it need not send what has not changed. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** What came of reading a feed. */
export type Reading =
  | { readonly kind: "items"; readonly items: readonly Item[]; readonly validators: Validators }
  | { readonly kind: "unchanged" }
  | { readonly kind: "broken"; readonly reason: string };

/** How a feed is asked for. */
export interface FeedRequest {
  readonly url: string;
  readonly userAgent: string;
  readonly validators: Validators | undefined;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

const maxBytes = 4 * 1024 * 1024;

/** Reads a feed; whatever is wrong with it is a reading too. Throws only when `signal` aborts. */
export async function readFeed(request: FeedRequest): Promise<Reading> {
  // Not AbortSignal.timeout: inside `any` nothing holds it, and once it is collected the time is never up.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException("the time is up", "TimeoutError")), request.timeoutMs);
  try {
    return await fetchFeed({ ...request, signal: AbortSignal.any([request.signal, late.signal]) });
  } catch (error) {
    request.signal.throwIfAborted();
    return { kind: "broken", reason: reasonOf(error, request.timeoutMs) };
  } finally {
    clearTimeout(timer);
  }
}

async function fetchFeed({ url, userAgent, validators, signal }: FeedRequest): Promise<Reading> {
  const headers = new Headers({
    "User-Agent": userAgent,
    Accept: "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
  });
  if (validators?.etag) headers.set("If-None-Match", validators.etag);
  if (validators?.lastModified) headers.set("If-Modified-Since", validators.lastModified);
  const response = await fetch(url, { headers, signal });
  if (response.ok) {
    const xml = decode(await readBounded(response), response.headers.get("content-type"));
    return {
      kind: "items",
      items: parseItems(xml),
      validators: { etag: response.headers.get("etag"), lastModified: response.headers.get("last-modified") },
    };
  }
  await response.body?.cancel();
  if (response.status === 304) return { kind: "unchanged" };
  return { kind: "broken", reason: `its server answered ${response.status}` };
}

/** The body, unless it is larger than any feed should be. */
async function readBounded(response: Response): Promise<Buffer> {
  const body: AsyncIterable<Uint8Array> | null = response.body;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the download.
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 / 1024} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The encoding is the one of the header, else the one of the XML declaration, else UTF-8. */
function decode(bytes: Buffer, contentType: string | null): string {
  const declaration = bytes.subarray(0, 200).toString("latin1");
  const named =
    /charset="?([\w-]+)/i.exec(contentType ?? "")?.[1] ??
    /^[^<]*<\?xml[^>]*encoding=["']([\w-]+)/i.exec(declaration)?.[1];
  return new TextDecoder(named ?? "utf-8").decode(bytes);
}

function parseItems(xml: string): Item[] {
  const feed = parseFeed(xml);
  // The parser makes do with half a document, and half an item is not what its author wrote.
  if (!/<\/(\w+:)?(rss|feed|rdf)\s*>/i.test(xml.slice(-4096))) throw new Error("it is cut off before its end");
  // The parser looks the feed's own address up for each link: in a long feed that takes seconds.
  Object.defineProperty(feed, "url", { value: feed.url });
  return feed.items.map(toItem).filter((item) => item !== undefined);
}

type FeedItem = ReturnType<typeof parseFeed>["items"][number];

/** An item without a title, a link and a summary says nothing: undefined. */
function toItem(item: FeedItem): Item | undefined {
  const title = withoutMentions(asLine(item.title ?? ""));
  const summary = withoutMentions(asLine(item.description ?? item.content ?? "").slice(0, 2000));
  const link = webAddress(item.url) ?? webAddress(item.id) ?? "";
  if (title === "" && link === "" && summary === "") return undefined;
  const mark = markOf(item.id ?? (link === "" ? `${title}\n${summary}` : link));
  return { title, link, summary, mark, published: item.published?.getTime() ?? null };
}

/** Tags are taken out where there are any; "a <b" in a plain title stays. */
function asLine(text: string): string {
  const plain = /<\/|<br|<img|<p>/i.test(text) ? plainText(text) : text;
  return plain.replace(/\s+/g, " ").trim();
}

/** Puts an invisible space after each @ that starts a name: a feed's words must not call on people. */
function withoutMentions(text: string): string {
  return text.replace(/(?<![\w/])@(?=\w)/g, "@\u200B");
}

function webAddress(text: string | null): string | undefined {
  if (text === null || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}

/** Without the scheme: a site that moves to https must not have all its items posted again. */
function markOf(name: string): string {
  return createHash("sha256")
    .update(name.replace(/^https?:/, ""))
    .digest("base64url")
    .slice(0, 16);
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `it did not arrive within ${timeoutMs / 1000} seconds`;
  if ("code" in error && error.code === "INVALID_FEED") return "it is neither RSS nor Atom";
  // fetch says no more than "fetch failed"; the reason is in its cause.
  return error.cause instanceof Error ? error.cause.message : error.message;
}
