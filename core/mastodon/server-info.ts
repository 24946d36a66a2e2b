import { NetworkError } from "../errors.js";
import type { Http } from "./http.js";

/** What a server says about itself, as far as it matters here. */
export interface ServerInfo {
  /** Which answer it comes from; `none`: the server answered, but told nothing, so these are defaults. */
  source: "v2" | "v1" | "none";
  title: string | undefined;
  version: string | undefined;
  /** In lower case, such as `mastodon` or `gotosocial`; a guess from the version and the address of the source. */
  software: string | undefined;
  /** `ws:` or `wss:` address that the streaming path goes behind; undefined where the software has no streaming. */
  streaming: string | undefined;
  /** Of a post. */
  maxCharacters: number | undefined;
  /** What a link counts in a post. */
  charactersPerUrl: number | undefined;
  maxMediaAttachments: number | undefined;
  supportedMimeTypes: string[];
  /** The rules of the server, as texts. */
  rules: string[];
}

/**
 * Asks a server about itself: the v2 instance, else v1, else defaults.
 * @throws NetworkError where the server cannot be reached; an odd answer is no error.
 * @see https://docs.joinmastodon.org/methods/instance/
 */
export async function fetchServerInfo(http: Http, origin: string, signal?: AbortSignal): Promise<ServerInfo> {
  const v2 = await objectAt(http, origin, "/api/v2/instance", signal);
  if (v2 !== undefined) return infoFromV2(v2, origin);
  const v1 = await objectAt(http, origin, "/api/v1/instance", signal);
  return v1 === undefined ? infoOf("none", {}, origin) : infoFromV1(v1, origin);
}

type Fields = Record<string, unknown>;

async function objectAt(http: Http, origin: string, path: string, signal?: AbortSignal): Promise<Fields | undefined> {
  try {
    const answer = await http.send({ origin, method: "GET", path, what: `GET ${path}`, signal, maxBytes: 2_000_000 });
    return answer.status < 300 && isFields(answer.body) ? answer.body : undefined;
  } catch (error) {
    // A web page or a flood where JSON should be is an odd answer of a server that is there.
    if (error instanceof NetworkError && (error.failure === "not_json" || error.failure === "too_large"))
      return undefined;
    throw error;
  }
}

function infoFromV2(body: Fields, origin: string): ServerInfo {
  return infoOf("v2", { ...body, streaming: at(body, "configuration", "urls", "streaming") }, origin);
}

function infoFromV1(body: Fields, origin: string): ServerInfo {
  return infoOf("v1", { ...body, streaming: at(body, "urls", "streaming_api") }, origin);
}

/** Version 1 says most under the same names; Akkoma and older servers have `max_toot_chars`. */
function infoOf(source: ServerInfo["source"], body: Fields, origin: string): ServerInfo {
  const version = line(body["version"]);
  const software = softwareOf(version, line(body["source_url"]));
  const statuses = at(body, "configuration", "statuses");
  return {
    source,
    title: line(body["title"]),
    version,
    software,
    streaming: streamingBase(body["streaming"], origin, software),
    maxCharacters: count(at(statuses, "max_characters")) ?? count(body["max_toot_chars"]),
    charactersPerUrl: count(at(statuses, "characters_reserved_per_url")),
    maxMediaAttachments: count(at(statuses, "max_media_attachments")),
    supportedMimeTypes: texts(at(body, "configuration", "media_attachments", "supported_mime_types")),
    rules: texts(Array.isArray(body["rules"]) ? body["rules"].map((rule) => at(rule, "text")) : undefined),
  };
}

const softwareNames = [
  "gotosocial",
  "akkoma",
  "pleroma",
  "pixelfed",
  "friendica",
  "takahe",
  "iceshrimp",
  "sharkey",
  "hometown",
  "glitch",
  "hollo",
  "mitra",
  "mastodon",
];
const withoutStreaming: ReadonlySet<string | undefined> = new Set(["hollo", "friendica", "takahe", "mitra"]);

/** Others write `4.2.0 (compatible; Mitra 3.1)`; a bare version is Mastodon's, unless the source lies elsewhere. */
function softwareOf(version: string | undefined, sourceUrl: string | undefined): string | undefined {
  const hint = `${version ?? ""} ${sourceUrl ?? ""}`.toLowerCase();
  const named = softwareNames.find((name) => hint.includes(name));
  if (named !== undefined) return named;
  return version !== undefined && sourceUrl === undefined && /^[3-9]\.\d+\.\d+/.test(version) ? "mastodon" : undefined;
}

function streamingBase(value: unknown, origin: string, software: string | undefined): string | undefined {
  if (withoutStreaming.has(software)) return undefined;
  const isSecure = origin.startsWith("https:");
  const url = new URL(typeof value === "string" && isStreamingUrl(value) ? value : origin);
  // A server that is asked by TLS must not talk the token into the clear.
  url.protocol = isSecure || url.protocol === "wss:" || url.protocol === "https:" ? "wss:" : "ws:";
  return url.href.replace(/\/+$/, "");
}

function isStreamingUrl(text: string): boolean {
  return URL.canParse(text) && /^(?:wss?|https?):$/.test(new URL(text).protocol);
}

function at(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const name of path) here = isFields(here) ? here[name] : undefined;
  return here;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Text of a stranger as one line that a terminal can show. */
function line(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 500);
  return text === "" ? undefined : text;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.flatMap((item) => line(item) ?? []).slice(0, 200) : [];
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
