import * as fc from "fast-check";
import { FormData } from "undici";
import { expect, test } from "vitest";

import { operation, type Operation } from "../../core/mastodon/operation.js";
import { operations } from "../../core/mastodon/operations.js";
import { buildRequest } from "../../core/mastodon/request.js";

const oddGet: Operation = operation<{ id: string; other: string }, unknown>()("GET", "/api/v1/{id}/x/{other}");

test("parameters of the path go there, the others into the query", () => {
  expect(
    buildRequest(
      operations.accounts.statuses,
      { id: "7", limit: 40, pinned: false, only_media: true, max_id: undefined, tagged: "a&b ö" },
      "accounts.statuses",
    ),
  ).toEqual({ path: "/api/v1/accounts/7/statuses?limit=40&pinned=false&only_media=true&tagged=a%26b%20%C3%B6" });
});

test("lists repeat their name with brackets; empty ones and undefined leave no query", () => {
  const { relationships } = operations.accounts;
  expect(buildRequest(relationships, { id: ["1", "2"] }, "x").path).toBe(
    "/api/v1/accounts/relationships?id[]=1&id[]=2",
  );
  expect(buildRequest(relationships, { id: [], with_suspended: undefined }, "x").path).toBe(
    "/api/v1/accounts/relationships",
  );
});

test("JSON holds what is not in the path", () => {
  const built = buildRequest(
    operations.statuses.create,
    { status: "hi", language: undefined, poll: { options: ["a", "b"], expires_in: 60 } },
    "statuses.create",
  );
  expect(built).toMatchObject({ path: "/api/v1/statuses", contentType: "application/json" });
  expect(JSON.parse(typeof built.body === "string" ? built.body : "")).toEqual({
    status: "hi",
    poll: { options: ["a", "b"], expires_in: 60 },
  });
  const follow = buildRequest(operations.accounts.follow, { id: "1", notify: true }, "accounts.follow");
  expect(follow).toEqual({
    path: "/api/v1/accounts/1/follow",
    body: '{"notify":true}',
    contentType: "application/json",
  });
  expect(buildRequest(operations.accounts.unfollow, { id: "1" }, "x")).toEqual({ path: "/api/v1/accounts/1/unfollow" });
});

test("a form holds files and texts", async () => {
  const { create } = operations.media;
  const file = new Blob(["PNG"], { type: "image/png" });
  const { body, contentType } = buildRequest(create, { file, description: "a cat", focus: undefined }, "media.create");
  expect(contentType).toBeUndefined();
  if (!(body instanceof FormData)) throw new Error("no form");
  expect([...body.keys()]).toEqual(["file", "description"]);
  const sent = body.get("file");
  expect(sent).toMatchObject({ name: "file", type: "image/png" });
  expect(typeof sent === "object" && (await sent?.text())).toBe("PNG");
  const named = buildRequest(create, { file: new File(["x"], "cat.png") }, "media.create").body;
  expect(named instanceof FormData && named.get("file")).toMatchObject({ name: "cat.png" });
  expect(() => buildRequest(create, { file: { path: "/x" } }, "media.create")).toThrow(TypeError);
});

test("a file makes a form of what is JSON otherwise, with what is inside of objects", () => {
  const avatar = new Blob(["picture"], { type: "image/png" });
  const { body, contentType } = buildRequest(
    operations.accounts.updateCredentials,
    {
      avatar,
      bot: true,
      source: { privacy: "unlisted", sensitive: false },
      fields_attributes: [
        { name: "a", value: "1" },
        { name: "b", value: "2" },
      ],
      attribution_domains: ["a.example", "b.example"],
    },
    "accounts.updateCredentials",
  );
  expect(contentType).toBeUndefined();
  expect(body).toBeInstanceOf(FormData);
  const entries = body instanceof FormData ? [...body.entries()] : [];
  expect(entries.slice(1)).toEqual([
    ["bot", "true"],
    ["source[privacy]", "unlisted"],
    ["source[sensitive]", "false"],
    ["fields_attributes[0][name]", "a"],
    ["fields_attributes[0][value]", "1"],
    ["fields_attributes[1][name]", "b"],
    ["fields_attributes[1][value]", "2"],
    ["attribution_domains[]", "a.example"],
    ["attribution_domains[]", "b.example"],
  ]);
  expect(entries[0]?.[0]).toBe("avatar");
});

test("any id stays one segment of the path", () => {
  expect(buildRequest(operations.notifications.get, { id: "2026/mention/0-1" }, "x").path).toBe(
    "/api/v1/notifications/2026%2Fmention%2F0-1",
  );
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) => {
      fc.pre(id !== "." && id !== "..");
      const { path } = buildRequest(oddGet, { id, other: "o" }, "x");
      const { pathname } = new URL(path, "http://localhost");
      expect(pathname.split("/").map(decodeURIComponent)).toEqual(["", "api", "v1", id, "x", "o"]);
    }),
  );
});

test.each([undefined, null, "", ".", "..", {}, Number.NaN])("the id %j is refused with the operation's name", (id) => {
  expect(() => buildRequest(operations.accounts.get, { id }, "accounts.get")).toThrow(
    new TypeError("accounts.get needs the parameter id: an id that is not empty"),
  );
});

test("what does not fit into a query is refused with the operation's name", () => {
  expect(() => buildRequest(operations.accounts.search, { q: { a: 1 } }, "accounts.search")).toThrow(
    /accounts\.search: the parameter q/,
  );
});
