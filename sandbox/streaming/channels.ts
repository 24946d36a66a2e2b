import { permittedBy } from "../oauth/scope-rules.js";
import type { ScopeRows } from "../dialects/dialect.js";
import type { Token } from "../oauth/token-store.js";

/** Why a stream is refused: sent in-band on a socket, as a status elsewhere. */
export class StreamRefusal extends Error {
  override readonly name = "StreamRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A stream that somebody asks for. */
export interface StreamRequest {
  readonly stream: string;
  readonly tag: string | undefined;
  readonly list: string | undefined;
}

/** What a stream listens to. */
export interface Channels {
  readonly ids: readonly string[];
  /** As frames name it. */
  readonly name: readonly string[];
  /** Whether posts of blocked and muted people are left out. */
  readonly filtered: boolean;
}

const publicStreams: ReadonlyMap<string, string> = new Map([
  ["public", "timeline:public"],
  ["public:local", "timeline:public:local"],
  ["public:remote", "timeline:public:remote"],
  ["public:media", "timeline:public:media"],
  ["public:local:media", "timeline:public:local:media"],
  ["public:remote:media", "timeline:public:remote:media"],
]);

/**
 * What a stream listens to; throws a `StreamRefusal` where the token does not permit it.
 * @see https://docs.joinmastodon.org/methods/streaming/#streams
 */
export function channelsFor(request: StreamRequest, token: Token, rules: ScopeRows): Channels {
  const { stream } = request;
  const permitted = permittedBy(rules, token.scopes);
  const needed = stream === "user:notification" ? "read:notifications" : "read:statuses";
  if (!permitted.has(needed)) throw new StreamRefusal(401, "Access token does not have the required scopes");
  const open = publicStreams.get(stream);
  if (open !== undefined) return { ids: [open], name: [stream], filtered: true };
  if (stream === "hashtag" || stream === "hashtag:local") return hashtag(request);
  return personal(request, token, permitted);
}

function hashtag({ stream, tag }: StreamRequest): Channels {
  if (tag === undefined || tag === "") throw new StreamRefusal(400, "Missing tag name parameter");
  const local = stream === "hashtag:local" ? ":local" : "";
  return { ids: [`timeline:hashtag:${tag.toLowerCase()}${local}`], name: [stream, tag], filtered: true };
}

/** Notifications are absent from `user` where the token may not read them. */
function personal({ stream }: StreamRequest, token: Token, permitted: { has(scope: string): boolean }): Channels {
  const id = token.person?.id ?? "";
  const notifications = `timeline:${id}:notifications`;
  switch (stream) {
    case "user": {
      const ids = permitted.has("read:notifications") ? [`timeline:${id}`, notifications] : [`timeline:${id}`];
      return { ids, name: ["user"], filtered: false };
    }
    case "user:notification":
      return { ids: [notifications], name: [stream], filtered: false };
    case "direct":
      return { ids: [`timeline:direct:${id}`], name: [stream], filtered: false };
    case "list":
      throw new StreamRefusal(401, "Not authorized to stream this list");
    default:
      throw new StreamRefusal(400, "Unknown stream type");
  }
}
