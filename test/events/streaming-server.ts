import type { IncomingMessage } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { listen, type Gate, type Hearing, type ListenTiming } from "../../core/events/listen.js";
import type { ServerEvent } from "../../core/events/event.js";
import { httpServer, type LocalServer } from "../mastodon/local-server.js";

/** How a token came. */
type Way = "header" | "query" | "protocol";

interface StreamingServer {
  readonly local: LocalServer;
  /** The upgrades that were asked for, by the way of their token. */
  readonly asked: Way[];
  readonly sockets: WebSocket[];
  /** What it answers an upgrade; undefined: it upgrades. */
  answer: (way: Way) => number | undefined;
  /** It accepts, and then neither sends nor answers. */
  isMute: boolean;
}

/** A server of the streaming API that takes tokens as it likes. */
export async function streamingServer(answer: StreamingServer["answer"] = () => undefined): Promise<StreamingServer> {
  const sockets: WebSocket[] = [];
  const asked: Way[] = [];
  const web = new WebSocketServer({ noServer: true, autoPong: false });
  const local = await httpServer(
    (response) => response.end(),
    (request, socket, head) => {
      const way = wayOf(request);
      asked.push(way);
      const status = server.answer(way);
      if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\nconnection: close\r\n\r\n`);
      web.handleUpgrade(request, socket, head, (accepted) => {
        sockets.push(accepted);
        const { isMute } = server;
        accepted.on("ping", (data) => {
          if (!isMute) accepted.pong(data);
        });
        accepted.on("error", () => accepted.terminate());
      });
    },
  );
  const server: StreamingServer = { local, asked, sockets, answer, isMute: false };
  return server;
}

function wayOf(request: IncomingMessage): Way {
  if (request.headers.authorization === "Bearer token") return "header";
  if (new URL(request.url ?? "/", "http://server").searchParams.get("access_token") === "token") return "query";
  if (request.headers["sec-websocket-protocol"] === "token") return "protocol";
  throw new Error("no token came");
}

/** What a listener was told and did. */
interface Listened {
  readonly hearings: readonly Hearing[];
  readonly events: readonly ServerEvent[];
  readonly caughtUp: number;
  /** How often the token was said to be refused. */
  readonly refused: number;
  stop(): Promise<void>;
}

interface Listener {
  readonly streaming: string | undefined;
  readonly timing?: Partial<ListenTiming>;
  readonly catchUp?: () => Promise<void>;
  /** Settles when the token is verified. */
  readonly verified?: Promise<void>;
  readonly gate?: Gate;
  readonly subscriptions?: { stream: string }[];
}

/** Listens until it is stopped. */
export function listening({ catchUp, gate, streaming, subscriptions, timing = {}, verified }: Listener): Listened {
  const stop = new AbortController();
  const listened = { hearings: [] as Hearing[], events: [] as ServerEvent[], caughtUp: 0, refused: 0 };
  const done = listen({
    info: { streaming },
    subscriptions: () => subscriptions ?? [{ stream: "user" }],
    userAgent: "howdah test",
    signal: stop.signal,
    timing: { longestPauseMs: 20, ...timing },
    accessToken: () => "token",
    onEvent: (event) => void listened.events.push(event),
    onHearing: (hearing) => void listened.hearings.push(hearing),
    catchUp: async () => {
      listened.caughtUp += 1;
      await catchUp?.();
      return false;
    },
    gate,
    onRefused: () => {
      listened.refused += 1;
      return verified;
    },
    log: { info: () => undefined, warn: () => undefined },
  });
  const end = async () => {
    stop.abort();
    await done;
  };
  return Object.assign(listened, { stop: end });
}
