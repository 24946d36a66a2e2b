import type { ZodType, z } from "zod";
import { locate, type Node, plainValue } from "./tree.js";

/** One thing that a schema refuses. */
export type Issue = z.core.$ZodIssue;

/** What a schema made of a node. */
export type Reading<T> = { readonly data: T } | { readonly issues: readonly Issue[] };

/**
 * Reads a node by a schema. An unquoted text with a reference to the environment stays a text where that fits, and is
 * a number, a boolean or null by YAML's rules where the schema wants one. Issues that carry no text of the schema's author
 * have an empty message.
 */
export async function readNode<T>(schema: ZodType<T>, node: Node): Promise<Reading<T>> {
  const retyped = new Map<string, readonly PropertyKey[]>();
  for (;;) {
    let value = plainValue(node);
    for (const path of retyped.values()) value = withRetyped(value, node, path);
    const result = await schema.safeParseAsync(value, { error: leaveUnnamed });
    if (result.success) return { data: result.data };
    const before = retyped.size;
    for (const path of result.error.issues.flatMap((issue) => wrongTypes(issue))) {
      if (retypedAt(node, path) !== undefined) retyped.set(JSON.stringify(path), path);
    }
    if (retyped.size === before) return { issues: result.error.issues };
  }
}

/** Reads a node and keeps quiet: undefined where it is missing or does not fit, which is reported elsewhere. */
export async function usable<T>(schema: ZodType<T>, node: Node | undefined): Promise<T | undefined> {
  if (node === undefined || (node.kind === "scalar" && node.broken)) return undefined;
  const reading = await readNode(schema, node);
  return "data" in reading ? reading.data : undefined;
}

const ownWords: ReadonlySet<string> = new Set([
  "invalid_type",
  "invalid_value",
  "invalid_union",
  "invalid_key",
  "invalid_format",
  "unrecognized_keys",
]);

/** Texts that a schema's author gave win over this one; so an empty message means that none was given. */
function leaveUnnamed(issue: { readonly code?: string }): string | undefined {
  return issue.code !== undefined && ownWords.has(issue.code) ? "" : undefined;
}

/** Every path at which a value of another type might do, in all branches of unions. */
function wrongTypes(issue: Issue, base: readonly PropertyKey[] = []): (readonly PropertyKey[])[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_type" || issue.code === "invalid_value") return [path];
  if (issue.code !== "invalid_union") return [];
  return [path, ...issue.errors.flat().flatMap((inner) => wrongTypes(inner, path))];
}

function retypedAt(root: Node, path: readonly PropertyKey[]): number | boolean | null | undefined {
  const { found, node } = locate(root, path);
  return found && node.kind === "scalar" ? node.retyped : undefined;
}

function withRetyped(value: unknown, root: Node, path: readonly PropertyKey[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return retypedAt(root, path);
  let parent = value;
  for (const step of path.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown>)[step];
  (parent as Record<PropertyKey, unknown>)[last] = retypedAt(root, path);
  return value;
}
