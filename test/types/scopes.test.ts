import { describe, expect, test } from "vitest";
import { operationList } from "../../core/mastodon/operations.js";
import { allScopes, expandScopes } from "../../core/mastodon/scopes.js";
import { compile } from "./compile.js";

/** For each scope an operation that it permits, and what the compiler says where it is missing. */
const cases = allScopes.flatMap((scope) => {
  const permitted = expandScopes([scope]);
  const entry = operationList.find(({ operation }) => operation.scopes.some((one) => permitted.has(one)));
  return entry === undefined ? [] : [{ scope, ...entry }];
});

const source = (scope: string, name: string) => `import type { Client } from "howdah";
export const call = (client: Client<"${scope}">) => client.${name} satisfies (...given: never[]) => unknown;
export const use = (client: Client<"${scope}">) => { client.${name}({} as never); };`;

/** A scope that permits none of what the other one does. */
const stranger = (scope: string) => (scope === "push" ? "profile" : "push");

const compiled = compile(
  Object.fromEntries(
    cases.flatMap(({ scope, name }) => [
      [`with ${scope}`, source(scope, name)],
      [`without ${scope}`, source(stranger(scope), name)],
    ]),
  ),
);

test("every scope permits something", () => {
  expect(cases.map(({ scope }) => scope)).toEqual(allScopes);
});

describe.each(cases)("$scope", ({ scope, name, operation }) => {
  test(`makes ${name} callable`, () => {
    expect(compiled.errorsIn(`with ${scope}`)).toEqual([]);
  });

  test(`is named where ${name} is called without it`, () => {
    const [, ofCall = ""] = compiled.errorsIn(`without ${scope}`);
    const missing = /^This expression is not callable\.\n {2}Type 'MissingScope<(.+)>' has no call signatures\.$/.exec(
      ofCall,
    );
    const named = (missing?.[1] ?? "").split(" | ").map((quoted) => quoted.replaceAll('"', ""));
    expect(named.toSorted()).toEqual(operation.scopes.toSorted());
  });
});
