import type { Operation } from "../../core/mastodon/operation.js";
import { operationList, type OperationName } from "../../core/mastodon/operations.js";
import { extraOperations, type ExtraName } from "./extras.js";

/** The name of anything that the API answers. */
export type RouteName = OperationName | ExtraName;

/** One operation with its path ready to be matched. */
export interface Route {
  readonly name: RouteName;
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

const everything: readonly { readonly name: RouteName; readonly operation: Operation }[] = [
  ...operationList,
  ...Object.entries(extraOperations).map(([name, operation]) => ({ name: name as ExtraName, operation })),
];

/** Every operation; those with fixed paths first, because `lookup` could be taken for an id. */
export const routes: readonly Route[] = everything
  .map(({ name, operation }) => ({ name, operation, matches: pathPattern(operation.path) }))
  .toSorted((a, b) => Number(a.operation.path.includes("{")) - Number(b.operation.path.includes("{")));

/** The operation that a request asks for, with the parameters in its path. */
export function findRoute(
  method: string,
  path: string,
): { readonly route: Route; readonly inPath: Readonly<Record<string, string>> } | undefined {
  const wanted = method === "HEAD" ? "GET" : method;
  for (const route of routes) {
    if (route.operation.method !== wanted) continue;
    const inPath = route.matches(path);
    if (inPath !== undefined) return { route, inPath };
  }
  return undefined;
}
