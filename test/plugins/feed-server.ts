import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What the next requests get; `FeedServer.answer` can be replaced at any time. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web server that holds one feed. */
export interface FeedServer {
  readonly url: string;
  readonly requests: IncomingMessage[];
  answer: Answer;
}

/** Starts one on loopback until the test is over. */
export async function serveFeed(answer: Answer): Promise<FeedServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    feed.answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const feed: FeedServer = { url: `http://127.0.0.1:${port}/feed.xml`, requests, answer };
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return feed;
}

/** Answers with a body and headers. */
export function body(text: string | Buffer, headers: Record<string, string> = {}, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": "application/xml", ...headers });
    response.end(text);
  };
}

/** One item of a feed; `title` and `description` go in as they are. */
export interface Entry {
  readonly id: string;
  readonly title?: string;
  readonly link?: string;
  readonly description?: string;
  readonly date?: Date;
}

/** An RSS feed, newest first as feeds are. */
export function rss(...entries: readonly Entry[]): string {
  const items = entries.map(
    ({ id, title = `Title ${id}`, link = `https://news.example/${id}`, description, date }) =>
      `<item><guid isPermaLink="false">${id}</guid><title>${title}</title><link>${link}</link>` +
      (description === undefined ? "" : `<description>${description}</description>`) +
      (date === undefined ? "" : `<pubDate>${date.toUTCString()}</pubDate>`) +
      "</item>",
  );
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>${items.join("")}</channel></rss>`;
}
