import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { operationList, type OperationName } from "../../core/mastodon/operations.js";

/** Method, path, whether any or all of the scopes are needed, the scopes. @see https://docs.joinmastodon.org/methods/ */
type Documented = readonly [method: string, path: string, rule: string, ...scopes: string[]];

const documented = JSON.parse(
  readFileSync(new URL("documented-operations.json", import.meta.url), "utf8"),
) as readonly Documented[];

/** What is not for a plugin's client at all. */
const apart: readonly (readonly [RegExp, reason: string])[] = [
  [/^\/oauth\/|^\/\.well-known\/|^\/api\/v1\/apps$/, "OAuth: the core authorizes, and no plugin sees a token"],
  [/^\/api\/v1\/streaming\//, "streaming: a plugin hears events"],
  [/^\/health$/, "for the server's own operators; no JSON"],
];

/** What the table leaves out although it is the API's. */
const leftOut: Readonly<Record<string, string>> = {
  "GET /api/proofs": "asked of a provider of identities, not of a server; gone since Mastodon 3.5",
  "GET /api/v1/{}/collections": "the page has the path without `accounts`: the table has it as it is routed",
  "GET /api/v1/{}/in_collections": "the page has the path without `accounts`: the table has it as it is routed",
};

const plain = (method: string, path: string): string => `${method} ${path.replaceAll(/\{\w*\}/g, "{}")}`;
const rows = new Map(operationList.map(({ operation }) => [plain(operation.method, operation.path), operation]));
const expected = documented.filter(([, path]) => !apart.some(([pattern]) => pattern.test(path)));

describe("the operation table has what is documented", () => {
  test("97 of 100 at least, each with its scopes", () => {
    const missing = expected.filter(([method, path]) => !rows.has(plain(method, path)));
    expect(missing.map(([method, path]) => plain(method, path)).toSorted()).toEqual(Object.keys(leftOut).toSorted());
    expect(expected.length).toBeGreaterThan(230);
    expect(1 - missing.length / expected.length).toBeGreaterThanOrEqual(0.97);
  });

  test.each(expected.filter(([method, path]) => rows.has(plain(method, path))))(
    "%s %s",
    (method, path, rule, ...scopes) => {
      const row = rows.get(plain(method, path));
      expect({ scopes: row?.scopes.toSorted(), rule: row?.scopesRule }).toEqual({ scopes: scopes.toSorted(), rule });
    },
  );

  test("and nothing else", () => {
    const known = new Set(documented.map(([method, path]) => plain(method, path)));
    expect([...rows.keys()].filter((row) => !known.has(row))).toEqual([]);
  });
});

describe("how an unknown outcome is looked up", () => {
  const names = new Map<string, (typeof operationList)[number]["operation"]>(
    operationList.map(({ name, operation }) => [name, operation]),
  );

  test("what changes nothing or may be repeated needs no look", () => {
    for (const { name, operation } of operationList) {
      expect([name, operation.lookUp === "unneeded"]).toEqual([name, operation.effect !== "write"]);
    }
  });

  test("a listing is a read whose path takes no other parameters", () => {
    const parameters = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    for (const { operation } of operationList) {
      if (typeof operation.lookUp !== "object") continue;
      const listing = names.get(operation.lookUp.in);
      expect(listing).toMatchObject({ effect: "read", method: "GET" });
      expect(parameters(operation.path)).toEqual(expect.arrayContaining(parameters(listing?.path ?? "")));
    }
  });

  test("the writes that cannot be looked up are these", () => {
    const blind = operationList.flatMap(({ name, operation }) => (operation.lookUp === "none" ? [name] : []));
    expect(blind.toSorted()).toEqual([
      "accounts.create",
      "adminAccounts.action",
      "collections.create",
      "emails.resendConfirmation",
      "reports.create",
    ] satisfies OperationName[]);
  });
});
