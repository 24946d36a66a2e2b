import type { PluginFacts } from "./account.js";
import type { Mistakes } from "./mistakes.js";
import type { AccountReading } from "./read-account.js";

/** What is stored under a name can become one account's only, and only where no entry bears the name any more. */
export function reportRenames(readings: readonly AccountReading<PluginFacts>[], mistakes: Mistakes): void {
  const entries = new Map(readings.map((reading) => [reading.account.name, reading.account]));
  const claims = new Map<string, string>();
  for (const { account, wasAt } of readings) {
    const { name, was } = account;
    if (was === undefined || wasAt === undefined) continue;
    const claimant = claims.get(was);
    claims.set(was, claimant ?? name);
    const wrong = problemWith(name, was, entries.get(was)) ?? (claimant && twice(was, claimant));
    if (wrong !== undefined) mistakes.at(wasAt, `was: ${wrong}`);
  }
}

function problemWith(name: string, was: string, entry: { readonly was?: string | undefined } | undefined) {
  if (was === name) return "this is its own name: write the one before, or take it out";
  if (entry === undefined) return undefined;
  if (entry.was === undefined) return `${was} is an account of this file still: take that entry out, or this line`;
  return `${was} is an account of this file, and was ${entry.was} itself: rename one step at a time`;
}

function twice(was: string, claimant: string): string {
  return `${was} became ${claimant} already, further up: keep one of them`;
}
