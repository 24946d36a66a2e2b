import { expect, it } from "vitest";
import { createClient } from "../../core/client/create-client.js";
import type { Caller, Outlet } from "../../core/client/call.js";
import { ScopeError } from "../../core/errors.js";
import { operations } from "../../core/mastodon/operations.js";

const outlet = { account: "newsbot", server: "http://127.0.0.1:1", accessToken: () => "secret" } as unknown as Outlet;
const caller: Caller = {
  rider: "weather",
  permitted: new Set(),
  record: undefined,
  signal: new AbortController().signal,
  deadline: Infinity,
};

it("has the shape of the operation table, uploads and requests, and nothing else", () => {
  const client = createClient<"read">(outlet, caller) as unknown as Record<string, Record<string, unknown>>;
  const namesIn = (value: object) => {
    const names: string[] = [];
    for (const name in value) names.push(name);
    return names;
  };
  expect(namesIn(client)).toEqual(Object.keys(operations));
  expect(client["request"]).toBeTypeOf("function");
  for (const [group, rows] of Object.entries(operations)) {
    const beside = group === "media" ? ["upload"] : [];
    expect(namesIn(client[group] ?? {})).toEqual([...beside, ...Object.keys(rows)]);
    for (const row of Object.keys(rows)) expect(client[group]?.[row]).toBeTypeOf("function");
  }
  expect(
    [client, ...Object.keys(operations).map((group) => client[group])].flatMap((part) => Object.keys(part ?? {})),
  ).toEqual([]);
});

it("gives methods that may be kept and called without their group", async () => {
  const { verifyCredentials } = createClient<"read">(outlet, caller).accounts;
  await expect(verifyCredentials()).rejects.toThrow(ScopeError);
  await expect(verifyCredentials()).rejects.toThrow("accounts.verifyCredentials");
});

it("refuses to have a method replaced, which would go round the fence", () => {
  const client = createClient<"read">(outlet, caller) as unknown as Record<string, Record<string, unknown>>;
  expect(() => {
    client["accounts"] = {};
  }).toThrow(TypeError);
  expect(() => Object.assign(client["accounts"] ?? {}, { get: () => undefined })).toThrow(TypeError);
});
