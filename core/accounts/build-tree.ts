import { type Document, isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from "yaml";
import { coreValue, type Environment, substitute } from "./environment.js";
import type { Mistakes } from "./mistakes.js";
import type { MapEntry, MapNode, Node, ScalarNode } from "./tree.js";

/** Far above a fleet of thousands that share their plugins, far below what a bomb of aliases makes. */
const largestAliased = 500_000;
const deepest = 60;

/** Builds the tree of a parsed document; duplicate keys, wrong aliases and unset variables become mistakes. */
export function buildTree(document: Document, mistakes: Mistakes, env: Environment): Node {
  return new TreeBuilder(mistakes, env).build(document.contents, 0, 0);
}

class TreeBuilder {
  readonly #mistakes: Mistakes;
  readonly #env: Environment;
  /** By anchor, in the order of the file, so that an alias finds the latest; `undefined` while being built. */
  readonly #anchors = new Map<string, Node | undefined>();
  readonly #measures = new WeakMap<Node, { size: number; depth: number }>();
  #aliased = 0;
  #hasBomb = false;

  constructor(mistakes: Mistakes, env: Environment) {
    this.#mistakes = mistakes;
    this.#env = env;
  }

  /** `parentAt` is the place of a value that is not there: `server:` and nothing after it. */
  build(source: unknown, parentAt: number, depth: number): Node {
    if (isAlias(source)) return this.#follow(source.source, source.range?.[0] ?? parentAt, depth);
    if (!isScalar(source) && !isMap(source) && !isSeq(source)) return scalar(parentAt, null);
    const at = source.range?.[0] ?? parentAt;
    if (source.tag !== undefined && !coreTags.test(source.tag)) {
      return this.#broken(
        at,
        `the tag ${source.tag.replace(/^tag:yaml\.org,2002:/, "!!")} is not for this file: take it out`,
      );
    }
    if (depth > deepest) return this.#broken(at, `nested deeper than ${deepest} levels: take levels out`);
    if (source.anchor !== undefined) this.#anchors.set(source.anchor, undefined);
    const node = this.#measure(this.#inside(source, at, depth));
    if (source.anchor !== undefined) this.#anchors.set(source.anchor, node);
    return node;
  }

  #inside(source: Scalar | YAMLMap | { items: unknown[] }, at: number, depth: number): Node {
    if (isScalar(source)) return this.#scalar(source, at);
    if (isMap(source)) return this.#map(source, at, depth);
    return { kind: "list", at, items: source.items.map((item) => this.build(item, at, depth + 1)) };
  }

  #scalar(source: Scalar, at: number): ScalarNode {
    const { value } = source;
    const written = source.source ?? String(value);
    if (typeof value === "number" || typeof value === "boolean" || value === null)
      return { ...scalar(at, value), written };
    if (typeof value !== "string") return this.#broken(at, "this kind of value is not for this file: put it in quotes");
    const { text, changed, problems } = substitute(value, this.#env);
    for (const problem of problems) this.#mistakes.at(at, problem);
    const retyped = changed && source.type === "PLAIN" ? coreValue(text) : undefined;
    const found = { ...scalar(at, text), written, fromEnvironment: changed, broken: problems.length > 0 };
    return retyped === undefined ? found : { ...found, retyped };
  }

  #map(source: YAMLMap, at: number, depth: number): MapNode {
    const entries = new Map<string, MapEntry>();
    const merges: Node[] = [];
    for (const { key: keySource, value } of source.items) {
      const keyAt = offsetOf(keySource, at);
      const key = this.#key(keySource, keyAt, depth);
      const node = this.build(value, keyAt, depth + 1);
      if (isMergeKey(keySource)) merges.push(node);
      else if (key !== undefined) this.#add(entries, key, { keyAt, node });
    }
    for (const merged of merges) this.#merge(merged, entries);
    return { kind: "map", at, entries };
  }

  #add(entries: Map<string, MapEntry>, key: string, entry: MapEntry): void {
    const first = entries.get(key);
    if (first === undefined) {
      entries.set(key, entry);
      return;
    }
    const line = this.#mistakes.lineOf(first.keyAt);
    this.#mistakes.at(
      entry.keyAt,
      `${JSON.stringify(key)} is written twice here, first on line ${line}: keep one of them`,
    );
  }

  /** A key as it is written: `123` and `true` are names too. Keys take nothing from the environment. */
  #key(source: unknown, at: number, depth: number): string | undefined {
    let key: string | undefined;
    if (isScalar(source)) {
      key = source.source ?? String(source.value);
      if (source.anchor !== undefined) this.#anchors.set(source.anchor, scalar(at, key));
    } else {
      const node = this.build(source, at, depth + 1);
      if (node.kind === "scalar" && node.broken) return undefined;
      if (node.kind === "scalar" && isAlias(source)) key = String(node.value);
    }
    if (key !== undefined && key !== "__proto__") return key;
    this.#mistakes.at(at, "this cannot be a key: write a plain word");
    return undefined;
  }

  /** `<<`: what a map has itself wins, then what was merged first. */
  #merge(merged: Node, entries: Map<string, MapEntry>): void {
    if (merged.kind === "list") return merged.items.forEach((item) => this.#merge(item, entries));
    if (merged.kind === "map") {
      for (const [key, entry] of merged.entries) if (!entries.has(key)) entries.set(key, entry);
    } else if (!merged.broken) {
      this.#mistakes.at(merged.at, "<< takes a map or a list of maps: write <<: *name of an anchored map");
    }
  }

  #follow(name: string, at: number, depth: number): Node {
    if (!this.#anchors.has(name)) return this.#broken(at, `*${name} has no &${name} before it: write the anchor first`);
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#broken(at, `*${name} stands inside what it names: take it out`);
    const measure = this.#measures.get(target) ?? { size: 1, depth: 0 };
    this.#aliased += measure.size;
    if (this.#aliased > largestAliased) return this.#refuseBomb(at);
    if (depth + measure.depth > deepest)
      return this.#broken(at, `nested deeper than ${deepest} levels: take levels out`);
    return target;
  }

  /** Said once: after the first, nearly every alias of a bomb is one too many. */
  #refuseBomb(at: number): ScalarNode {
    if (this.#hasBomb) return { ...scalar(at, null), broken: true };
    this.#hasBomb = true;
    return this.#broken(at, "the aliases of this file hold too much when written out: write fewer of them");
  }

  #measure(node: Node): Node {
    let [size, depth] = [1, 0];
    for (const inner of childrenOf(node)) {
      const measure = this.#measures.get(inner) ?? { size: 1, depth: 0 };
      size += measure.size;
      depth = Math.max(depth, measure.depth + 1);
    }
    this.#measures.set(node, { size, depth });
    return node;
  }

  #broken(at: number, message: string): ScalarNode {
    this.#mistakes.at(at, message);
    return { ...scalar(at, null), broken: true };
  }
}

const coreTags = /^tag:yaml\.org,2002:(map|seq|str|int|float|bool|null)$/;

function scalar(at: number, value: ScalarNode["value"]): ScalarNode {
  return { kind: "scalar", at, value, written: "", fromEnvironment: false, broken: false };
}

function childrenOf(node: Node): Node[] {
  if (node.kind === "scalar") return [];
  return node.kind === "list" ? [...node.items] : [...node.entries.values()].map((entry) => entry.node);
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.source === "<<" && key.type === "PLAIN";
}

function offsetOf(source: unknown, otherwise: number): number {
  return (
    (isScalar(source) || isAlias(source) || isMap(source) || isSeq(source) ? source.range?.[0] : undefined) ?? otherwise
  );
}
