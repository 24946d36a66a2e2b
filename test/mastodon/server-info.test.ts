import { afterEach, beforeEach, expect, test } from "vitest";

import { createHttp } from "../../core/mastodon/create-http.js";
import type { Http } from "../../core/mastodon/http.js";
import { fetchServerInfo } from "../../core/mastodon/server-info.js";
import { closedPort, httpServer, json, type LocalServer } from "./local-server.js";

let answers: Record<string, unknown> = {};
let server: LocalServer;
let http: Http;

beforeEach(async () => {
  answers = {};
  http = createHttp({ userAgent: "howdah/0.1.0" });
  server = await httpServer((response, { url }) => {
    const answer = answers[url];
    if (typeof answer === "string") response.writeHead(200, { "content-type": "text/html" }).end(answer);
    else if (answer === undefined) json(response, { error: "Not Found" }, 404);
    else json(response, answer);
  });
});

afterEach(async () => {
  await http.close();
  await server.close();
});

const base = () => server.origin.replace("http", "ws");

test("reads version 2", async () => {
  answers["/api/v2/instance"] = {
    title: "Example\n",
    version: "4.4.1",
    source_url: "https://github.com/mastodon/mastodon",
    rules: [{ id: "1", text: "Be kind" }, { id: "2" }],
    configuration: {
      urls: { streaming: "wss://streaming.example" },
      statuses: { max_characters: 1_000, characters_reserved_per_url: 23, max_media_attachments: 4 },
      media_attachments: { supported_mime_types: ["image/png", 7] },
    },
  };
  expect(await fetchServerInfo(http, server.origin)).toEqual({
    source: "v2",
    title: "Example",
    version: "4.4.1",
    software: "mastodon",
    streaming: "wss://streaming.example",
    maxCharacters: 1_000,
    charactersPerUrl: 23,
    maxMediaAttachments: 4,
    supportedMimeTypes: ["image/png"],
    rules: ["Be kind"],
  });
  expect(server.requests).toHaveLength(1);
});

test("falls back to version 1", async () => {
  answers["/api/v1/instance"] = {
    title: "Old",
    version: "2.7.2 (compatible; Akkoma 3.13.2)",
    max_toot_chars: 5_000,
    urls: { streaming_api: "ws://127.0.0.1:4000/" },
  };
  expect(await fetchServerInfo(http, server.origin)).toMatchObject({
    source: "v1",
    software: "akkoma",
    maxCharacters: 5_000,
    streaming: "ws://127.0.0.1:4000",
    rules: [],
  });
});

test("a server that tells nothing has defaults, and its streaming at itself", async () => {
  const defaults = { source: "none", version: undefined, maxCharacters: undefined, rules: [] };
  expect(await fetchServerInfo(http, server.origin)).toMatchObject({ ...defaults, streaming: base() });
  answers = { "/api/v2/instance": "<html>app</html>", "/api/v1/instance": [] };
  expect(await fetchServerInfo(http, server.origin)).toMatchObject({ ...defaults, streaming: base() });
});

test.each(["4.2.0 (compatible; Mitra 4.1)", "Takahe/0.11", "2.8.0 (compatible; Friendica 2024.08)", "0.4.0 hollo"])(
  "%s has no streaming",
  async (version) => {
    answers["/api/v2/instance"] = { version };
    expect(await fetchServerInfo(http, server.origin)).toMatchObject({ streaming: undefined });
  },
);

test.each(["javascript:alert(1)", "not a url", 7, ""])("streaming at %j is at the server itself", async (streaming) => {
  answers["/api/v2/instance"] = { version: "4.4.0", configuration: { urls: { streaming } } };
  expect(await fetchServerInfo(http, server.origin)).toMatchObject({ software: "mastodon", streaming: base() });
});

test("a server that cannot be reached is an error", async () => {
  await expect(fetchServerInfo(http, `http://127.0.0.1:${await closedPort()}`)).rejects.toMatchObject({
    failure: "refused",
  });
});
