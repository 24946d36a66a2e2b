import { didYouMean } from "./did-you-mean.js";
import { issueWords } from "./issue-words.js";
import type { Mistakes } from "./mistakes.js";
import type { Issue } from "./read.js";
import { keysAt, schemaAt } from "./schema-path.js";
import { type Location, locate, type Node } from "./tree.js";

/** What was read, for messages about it. */
export interface Read {
  readonly schema: unknown;
  readonly node: Node;
  /** Where a mistake is placed that belongs to `node` as a whole, such as a missing key. */
  readonly at: number;
  /** What a path is called in a message. */
  readonly label: (path: readonly PropertyKey[]) => string;
  /** What would be right for a key that is not known here; undefined: the nearest known key. */
  readonly misplaced?: (path: readonly PropertyKey[], key: string) => string | undefined;
}

/** Turns what a schema refuses into mistakes, each at its line and column. */
export function reportIssues(issues: readonly Issue[], read: Read, mistakes: Mistakes): void {
  for (const issue of issues.flatMap((outer) => openUnion(outer, []))) {
    const place = locate(read.node, issue.path, read.at);
    if (place.node.kind === "scalar" && place.node.broken) continue;
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) reportKey(key, issue.path, read, mistakes);
    } else {
      const hint = schemaAt(read.schema, issue.path)?.description;
      const words = issueWords(issue, place, hint);
      mistakes.at(placeOf(issue, place), `${read.label(issue.path)}: ${words}`);
    }
  }
}

/** Of a union, the branch that was probably meant: one whose type fits, then the one with the fewest mistakes. */
function openUnion(issue: Issue, base: readonly PropertyKey[]): Issue[] {
  const here: Issue = { ...issue, path: [...base, ...issue.path] };
  if (here.code !== "invalid_union" || here.message !== "") return [here];
  const fitting = here.errors.filter((branch) => !branch.some(({ code, path }) => path.length === 0 && isOfType(code)));
  const [meant] = fitting.toSorted((a, b) => a.length - b.length);
  return meant === undefined ? [here] : meant.flatMap((inner) => openUnion(inner, here.path));
}

function isOfType(code: Issue["code"]): boolean {
  return code === "invalid_type" || code === "invalid_value";
}

function placeOf(issue: Issue, { found, node, keyAt }: Location): number {
  const isNothing = node.kind === "scalar" && node.value === null;
  return !found || isNothing || issue.code === "invalid_key" ? keyAt : node.at;
}

function reportKey(key: string, path: readonly PropertyKey[], read: Read, mistakes: Mistakes): void {
  const known = keysAt(read.schema, path);
  const near = didYouMean(key, known);
  let right = read.misplaced?.(path, key);
  right ??= near === undefined ? `write one of ${known.join(", ")}` : `did you mean "${near}"?`;
  if (known.length === 0) right = "take it out";
  mistakes.at(locate(read.node, [...path, key], read.at).keyAt, `unknown key ${JSON.stringify(key)}: ${right}`);
}
