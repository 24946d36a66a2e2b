import type { Operation } from "../../core/mastodon/operation.js";
import { operationList, type OperationName } from "../../core/mastodon/operations.js";

/** One operation with its path ready to be matched. */
export interface Route {
  readonly name: OperationName;
  readonly operation: Operation;
  readonly matches: PathPattern;
}

/** Takes a path apart; nothing where it does not fit. */
export type PathPattern = (path: string) => Readonly<Record<string, string>> | undefined;

/** Makes a pattern of a path in which `{name}` stands for one segment. */
export function pathPattern(template: string): PathPattern {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  const source = template
    .split(/\{\w+\}/)
    .map((fixed) => fixed.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("([^/]+)");
  const pattern = new RegExp(`^${source}/?$`);
  return (path) => {
    const match = pattern.exec(path);
    if (match === null) return undefined;
    return Object.fromEntries(names.map((name, index) => [name, decoded(match[index + 1] ?? "")]));
  };
}

/** A segment that is not well-formed stays as it is: nothing has such an id. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Every operation; those with fixed paths first, because `lookup` could be taken for an id. */
export const routes: readonly Route[] = operationList
  .map(({ name, operation }) => ({ name, operation, matches: pathPattern(operation.path) }))
  .toSorted((a, b) => Number(a.operation.path.includes("{")) - Number(b.operation.path.includes("{")));

/** The routes that a request can be for by its method and the length of its path. */
const byShape: ReadonlyMap<string, readonly Route[]> = routes.reduce((shapes, route) => {
  const shape = shapeOf(route.operation.method, route.operation.path);
  return shapes.set(shape, [...(shapes.get(shape) ?? []), route]);
}, new Map<string, readonly Route[]>());

function shapeOf(method: string, path: string): string {
  return `${method} ${path.replace(/\/$/, "").split("/").length}`;
}

/** The operation that a request asks for, with the parameters in its path. */
export function findRoute(
  method: string,
  path: string,
): { readonly route: Route; readonly inPath: Readonly<Record<string, string>> } | undefined {
  for (const route of byShape.get(shapeOf(method === "HEAD" ? "GET" : method, path)) ?? []) {
    const inPath = route.matches(path);
    if (inPath !== undefined) return { route, inPath };
  }
  return undefined;
}
