import { InvalidArgumentError, type Command } from "commander";
import { didYouMean } from "../accounts/did-you-mean.js";
import { permits, type Operation } from "../mastodon/operation.js";
import { operationList } from "../mastodon/operations.js";
import { allScopes, expandScopes, isScope, type Scope } from "../mastodon/scopes.js";
import type { Context } from "./context.js";
import { table } from "./table.js";

type Entry = (typeof operationList)[number];

/** `bot operations`: what a plugin's client can do, and with which scopes; needs no Redis and no accounts.yaml. */
export function addOperations(program: Command, context: Context): void {
  program
    .command("operations")
    .description("show every operation of a plugin's client, and the scopes that permit it")
    .option("--scope <scope>", "only those that this scope permits", scopeFrom)
    .option("--json", "as one JSON document")
    .action((options: { scope?: Scope; json?: boolean }) => {
      const { scope } = options;
      const entries =
        scope === undefined ? operationList : operationList.filter(({ operation }) => by(scope, operation));
      const output = options.json === true ? JSON.stringify(entries.map(factsOf), null, 2) : describe(entries, scope);
      context.stdout.write(`${output}\n`);
    });
}

function scopeFrom(text: string): Scope {
  if (isScope(text)) return text;
  const near = didYouMean(text, allScopes);
  throw new InvalidArgumentError(near === undefined ? "It is no scope of Mastodon's API." : `Did you mean ${near}?`);
}

/** Whether the scope is what permits it: not where every token may. */
function by(scope: Scope, operation: Operation): boolean {
  return operation.scopes.length > 0 && permits(operation, expandScopes([scope]));
}

function factsOf({ name, operation }: Entry) {
  return {
    name,
    method: operation.method,
    path: operation.path,
    scopes: operation.scopes,
    scopes_rule: operation.scopesRule,
    token: operation.token,
    writes: operation.effect !== "read",
    effect: operation.effect,
    look_up: operation.lookUp,
    idempotency_key: operation.idempotencyKey,
    bucket: operation.bucket,
    paged: operation.paged,
    since: operation.since ?? null,
  };
}

function describe(entries: readonly Entry[], scope: Scope | undefined): string {
  if (entries.length === 0) return `no operation needs ${scope}`;
  const rows = entries.map(({ name, operation }) => [
    name,
    operation.scopes.join(operation.scopesRule === "all" ? " and " : " or ") || "any token",
    operation.effect === "read" ? "reads" : "writes",
    operation.bucket === "default" ? "" : operation.bucket,
    `${operation.method} ${operation.path}`,
  ]);
  return [
    ...table(["OPERATION", "SCOPES", "", "LIMIT", "ENDPOINT"], rows),
    entries.length === 1 ? "1 operation" : `${entries.length} operations`,
  ].join("\n");
}
