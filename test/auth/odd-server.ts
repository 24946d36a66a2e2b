import { onTestFinished } from "vitest";
import { httpServer, json, type SeenRequest } from "../mastodon/local-server.js";

/** An answer: a status with JSON, or with a web page. */
export interface Said {
  readonly status?: number;
  readonly json?: unknown;
  readonly html?: string;
  readonly location?: string;
}

/** What an odd server answers where the sandbox would answer as Mastodon does. */
export interface Answers {
  /** To the discovery of its metadata; without it 404, as most servers. */
  metadata?: Said;
  /** To the token endpoint, for a grant. */
  token: (parameters: URLSearchParams) => Said;
  /** To verify_credentials; without it everybody is the bot `news`. */
  verify?: (token: string) => Said;
  /** How far its clock is ahead of this host's. */
  aheadMs?: number;
}

/** A server with one person that answers as told, and what it was asked. */
export interface OddServer {
  readonly origin: string;
  readonly answers: Answers;
  readonly requests: SeenRequest[];
  /** What came to the token endpoint for a grant type. */
  grants(type: string): URLSearchParams[];
}

export const news = { id: "7", username: "news", bot: true };

/** Starts one that closes with the test. */
export async function oddServer(answers: Answers): Promise<OddServer> {
  const server = await httpServer((response, request) => {
    const said = answerTo(answers, request);
    if (answers.aheadMs !== undefined) response.setHeader("date", new Date(Date.now() + answers.aheadMs).toUTCString());
    const head = said.location === undefined ? {} : { location: said.location };
    if (said.html !== undefined)
      response.writeHead(said.status ?? 200, { ...head, "content-type": "text/html" }).end(said.html);
    else if (said.location !== undefined) response.writeHead(said.status ?? 302, head).end();
    else json(response, said.json ?? {}, said.status ?? 200);
  });
  onTestFinished(() => server.close());
  return {
    origin: server.origin,
    answers,
    requests: server.requests,
    grants: (type) =>
      server.requests
        .filter(({ url }) => url === "/oauth/token")
        .map(({ body }) => new URLSearchParams(body))
        .filter((parameters) => parameters.get("grant_type") === type),
  };
}

function answerTo(answers: Answers, { body, headers, url }: SeenRequest): Said {
  switch (url) {
    case "/.well-known/oauth-authorization-server":
      return answers.metadata ?? { status: 404, html: "<h1>Not found</h1>" };
    case "/api/v1/apps":
      return { json: { client_id: "client", client_secret: "sesame-open" } };
    case "/oauth/token": {
      const parameters = new URLSearchParams(body);
      if (parameters.get("grant_type") === "client_credentials") return { json: { access_token: "of-the-app" } };
      return answers.token(parameters);
    }
    case "/api/v1/accounts/verify_credentials":
      return answers.verify?.((headers.authorization ?? "").replace("Bearer ", "")) ?? { json: news };
    default:
      return { json: {} };
  }
}
