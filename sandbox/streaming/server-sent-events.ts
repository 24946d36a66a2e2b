import { parametersOf, type Http } from "../http/exchange.js";
import type { Parts } from "../http/parts.js";
import { refusedBecause, type Token } from "../oauth/token-store.js";
import { channelsFor, StreamRefusal, type StreamRequest } from "./channels.js";
import type { Connection } from "./connections.js";
import { Subscriptions } from "./subscriptions.js";

const heartbeatMs = 15_000;
const encoder = new TextEncoder();

/** Streams by server-sent events. @see https://docs.joinmastodon.org/methods/streaming/ */
export function serverSentEvents(parts: Parts, c: Http): Response {
  const { token } = c.var.exchange;
  if (token === undefined || refusedBecause(token) !== undefined || token.person === undefined) {
    return c.json({ error: token === undefined ? "Missing access token" : "Invalid access token" }, 401);
  }
  const parameters = parametersOf(c);
  const stream = streamAt(c.req.path, parameters.flag("only_media") ?? false);
  if (stream === undefined) return c.json({ error: "Not Found" }, 404);
  const request = { stream, tag: parameters.text("tag"), list: parameters.text("list") };
  try {
    channelsFor(request, token, parts.settings.dialect.scopes);
  } catch (error) {
    if (!(error instanceof StreamRefusal)) throw error;
    return c.json({ error: error.message }, error.status === 401 ? 401 : 400);
  }
  const body = streamBody(parts, c, token, request);
  return c.body(body, 200, { "Content-Type": "text/event-stream", "Cache-Control": "private, no-store" });
}

const streamsByPath: ReadonlyMap<string, string> = new Map([
  ["user", "user"],
  ["user/notification", "user:notification"],
  ["public", "public"],
  ["public/local", "public:local"],
  ["public/remote", "public:remote"],
  ["hashtag", "hashtag"],
  ["hashtag/local", "hashtag:local"],
  ["list", "list"],
  ["direct", "direct"],
]);

function streamAt(path: string, onlyMedia: boolean): string | undefined {
  const stream = streamsByPath.get(path.replace(/^\/api\/v1\/streaming\/|\/$/g, ""));
  return onlyMedia && stream?.startsWith("public") === true ? `${stream}:media` : stream;
}

function streamBody(parts: Parts, c: Http, token: Token, request: StreamRequest): ReadableStream<Uint8Array> {
  let finish = (): void => undefined;
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      let frozen = false;
      const write = (text: string): void => {
        if (!frozen) controller.enqueue(encoder.encode(text));
      };
      const subscriptions = new Subscriptions(parts.world, token, (_stream, { event, payload }) =>
        write(`event: ${event}\ndata: ${payload}\n\n`),
      );
      const heartbeat = setInterval(() => write(":thump\n"), heartbeatMs);
      const { incoming } = c.env;
      const connection: Connection = {
        kind: "server-sent-events",
        person: token.person,
        token,
        streams: () => subscriptions.names(),
        close: () => {
          finish();
          controller.close();
        },
        cut: () => incoming.socket.destroy(),
        freeze: () => (frozen = true),
      };
      finish = () => {
        clearInterval(heartbeat);
        subscriptions.clear();
        parts.connections.remove(connection);
      };
      write(":)\n");
      subscriptions.add(request);
      parts.connections.add(connection);
    },
    cancel: () => finish(),
  });
}
