/**
 * The file's content with the place of every part: aliases and merges followed, the environment filled in.
 * `at` and `keyAt` are offsets in the file; what came by an alias keeps the place where it is written.
 */
export type Node = ScalarNode | ListNode | MapNode;

type Primitive = string | number | boolean | null;

/** A single value. */
export interface ScalarNode {
  readonly kind: "scalar";
  readonly at: number;
  readonly value: Primitive;
  /** As it stands in the file, before the environment was filled in. */
  readonly written: string;
  readonly fromEnvironment: boolean;
  /** What an unquoted text with a reference stands for where the schema wants no text: `${DRY:-true}`. */
  readonly retyped?: number | boolean | null;
  /** A mistake was reported here already; its value means nothing. */
  readonly broken: boolean;
}

/** A list. */
export interface ListNode {
  readonly kind: "list";
  readonly at: number;
  readonly items: readonly Node[];
}

/** A map: its entries in the file's order, merged ones last. */
export interface MapNode {
  readonly kind: "map";
  readonly at: number;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

/** One key of a map and its value. */
export interface MapEntry {
  readonly keyAt: number;
  readonly node: Node;
}

/** Where a path leads: the deepest node on it that exists. */
export interface Location {
  /** Whether the whole path exists. */
  readonly found: boolean;
  readonly node: Node;
  /** Where the nearest thing with a name stands: the key, or the item of a list. */
  readonly keyAt: number;
}

/** Follows a path from `root` as far as it goes. */
export function locate(root: Node, path: readonly PropertyKey[], rootAt = root.at): Location {
  let node = root;
  let keyAt = rootAt;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) return { found: false, node, keyAt };
    ({ node, keyAt } = next);
  }
  return { found: true, node, keyAt };
}

function child(node: Node, step: PropertyKey): MapEntry | undefined {
  if (node.kind === "map") return node.entries.get(String(step));
  if (node.kind === "scalar" || typeof step !== "number") return undefined;
  const item = node.items[step];
  return item && { node: item, keyAt: item.at };
}

/** The content as ordinary values, made anew at each call. */
export function plainValue(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainValue(entry.node)]));
}
