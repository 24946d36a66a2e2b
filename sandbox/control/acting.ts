import { operationList, type OperationName, type Operations } from "../../core/mastodon/operations.js";
import type { Parts } from "../http/parts.js";
import type { Call } from "../operations/call.js";
import { Parameters } from "../operations/parameters.js";
import { perform, type Answer } from "../operations/perform.js";
import { findRoute, routes, type Route } from "../operations/routes.js";
import { Refusal } from "../refusal.js";
import type { Person } from "../world/records.js";

interface Typed {
  readonly types?: { readonly params: unknown; readonly result: unknown };
  readonly paged: boolean;
}
type ParamsOf<O extends Typed> = NonNullable<O["types"]>["params"];
type AnswerOf<O extends Typed> = O["paged"] extends true
  ? NonNullable<O["types"]>["result"][]
  : NonNullable<O["types"]>["result"];
type Act<O> = O extends Typed
  ? Record<never, never> extends ParamsOf<O>
    ? (params?: ParamsOf<O>) => Promise<AnswerOf<O>>
    : (params: ParamsOf<O>) => Promise<AnswerOf<O>>
  : never;

/** Every operation of the table, carried out as one person; a refusal of the server is thrown as `Refusal`. */
export type Acting = {
  readonly [G in keyof Operations]: { readonly [N in keyof Operations[G]]: Act<Operations[G][N]> };
};

/** Makes the operations of one person. */
export function actingAs(parts: Parts, person: Person): Acting {
  const groups: Record<string, Record<string, (params?: object) => Promise<unknown>>> = {};
  for (const { name } of operationList) {
    const [group = "", operation = ""] = name.split(".");
    groups[group] ??= {};
    groups[group][operation] = async (params = {}) =>
      succeed(carryOut(parts, person, routeOf(name), await withBytes(params)));
  }
  return groups as unknown as Acting;
}

/** Carries an operation out by its name. */
export function actByName(parts: Parts, person: Person, name: OperationName, params: object): Answer {
  return carryOut(parts, person, routeOf(name), params);
}

/** Carries an operation out by its method and path, as a request would name it. */
export function actByPath(
  parts: Parts,
  person: Person,
  request: { readonly method: string; readonly path: string; readonly body: object },
): Answer {
  const { pathname, searchParams } = new URL(request.path, parts.world.base);
  const found = findRoute(request.method.toUpperCase(), pathname);
  if (found === undefined) throw new Refusal(422, `${request.method} ${pathname} is no operation of the sandbox`);
  return carryOut(parts, person, found.route, {
    ...Object.fromEntries(searchParams),
    ...request.body,
    ...found.inPath,
  });
}

function carryOut(parts: Parts, person: Person, route: Route, params: object): Answer {
  const call: Call = {
    world: parts.world,
    person,
    app: undefined,
    parameters: new Parameters({ ...params }),
    idempotencyKey: undefined,
    origin: parts.world.base,
  };
  return perform(route, call, new URL(route.operation.path, parts.world.base));
}

function routeOf(name: OperationName): Route {
  const route = routes.find((other) => other.name === name);
  if (route === undefined) throw new Error(`no route for ${name}`);
  return route;
}

function succeed(answer: Answer): unknown {
  if (answer.status < 400) return answer.body;
  throw new Refusal(answer.status, answer.body as Record<string, unknown>);
}

/** Files become what an upload is made of. */
async function withBytes(params: object): Promise<object> {
  const entries = Object.entries(params).map(async ([name, value]: [string, unknown]): Promise<[string, unknown]> => {
    if (!(value instanceof Blob)) return [name, value];
    return [name, { contentType: value.type, bytes: new Uint8Array(await value.arrayBuffer()) }];
  });
  return Object.fromEntries(await Promise.all(entries));
}
