import type { Operations } from "../../core/mastodon/operations.js";
import { Refusal } from "../refusal.js";
import type { Person } from "../world/records.js";
import type { World } from "../world/world.js";
import type { Page } from "./page.js";
import type { Parameters } from "./parameters.js";

/** The app that a call comes through. */
export interface CallingApp {
  readonly id: string;
  readonly name: string;
  readonly website: string | null;
  readonly scopes: readonly string[];
  readonly redirectUris: readonly string[];
}

/** One call of an operation, its permission already checked. */
export interface Call {
  readonly world: World;
  /** Who is signed in; nobody at public operations and for an app's own token. */
  readonly person: Person | undefined;
  readonly app: CallingApp | undefined;
  readonly parameters: Parameters;
  readonly idempotencyKey: string | undefined;
  /** The origin that the caller used. */
  readonly origin: string;
}

/** An answer with a status other than 200. */
export class Reply<T> {
  readonly status: number;
  readonly body: T;

  constructor(status: number, body: T) {
    this.status = status;
    this.body = body;
  }
}

interface Typed {
  readonly types?: { readonly params: unknown; readonly result: unknown };
  readonly paged: boolean;
}

type ResultOf<O extends Typed> = NonNullable<O["types"]>["result"];

/** What carries an operation out; a list with pages answers a page. */
export type Handler<O extends Typed> = (
  call: Call,
) => O["paged"] extends true ? Page<ResultOf<O>> : ResultOf<O> | Reply<ResultOf<O>>;

/** The handlers of one group of the operation table; one that is missing is a type error. */
export type Handlers<G extends keyof Operations> = {
  readonly [N in keyof Operations[G]]: Operations[G][N] extends Typed ? Handler<Operations[G][N]> : never;
};

/** The signed-in person; throws Mastodon's 422 where there is none. */
export function signedIn(call: Call): Person {
  if (call.person === undefined) throw new Refusal(422, "This method requires an authenticated user");
  return call.person;
}
