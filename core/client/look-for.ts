import { NotReadyError, ServerRefusedError } from "../errors.js";
import { operationList, type OperationName } from "../mastodon/operations.js";
import { parseLinks } from "../mastodon/pages.js";
import type { RequestParams } from "../mastodon/request.js";
import type { Reply } from "./call.js";
import { Undecided, type OpenWrite } from "./open-write.js";
import { textAt } from "./seen-post.js";
import { send } from "./send.js";
import { awaitBudget } from "./await-budget.js";

/** How far a list is looked through: beyond that nobody can tell. */
export const mostPages = 10;

/**
 * Reads for a look-up: the core's own reading, outside the rider's fence and without a place in the ledger. Undefined
 * where the server refuses it.
 */
export async function lookFor({ call }: OpenWrite, name: string, params: RequestParams): Promise<Reply | undefined> {
  const row = operationList.find((candidate) => candidate.name === name);
  if (row === undefined) throw new TypeError(`${name} is no operation to look by`);
  const { caller, outlet } = call;
  try {
    const { operation } = row;
    return await awaitBudget({ name: name as OperationName, operation, params, key: undefined, caller, outlet }, send);
  } catch (error) {
    if (!(error instanceof ServerRefusedError) || error.status >= 500) throw error;
    // A page in front of the server says nothing about what is behind it.
    if (typeof error.body !== "object") throw unreadable(name);
    return undefined;
  }
}

/** What is answered in a list. Throws where it is none: what is not seen must not be taken for not there. */
export function listed({ body }: Reply, name: string): readonly unknown[] {
  if (!Array.isArray(body)) throw unreadable(name);
  return body;
}

/** Everything in a list with pages. Throws Undecided where it may not be read or has no end. */
export async function lookThrough(write: OpenWrite, name: string, params: RequestParams): Promise<unknown[]> {
  const found: unknown[] = [];
  let page = params;
  for (let number = 0; number < mostPages; number += 1) {
    const reply = await lookFor(write, name, page);
    if (reply === undefined) throw new Undecided(`the server does not let the account read ${name}`);
    const items = listed(reply, name);
    if (items.some((item) => textAt(item, "id") === "")) throw unreadable(name);
    found.push(...items);
    const { next } = parseLinks(reply.headers?.["link"]);
    if (items.length === 0 || next === undefined) return found;
    page = { ...params, ...next };
  }
  throw new Undecided(`${name} is too long to be looked through`);
}

/** The answer makes no sense today; it is looked again. */
export function unreadable(name: string): NotReadyError {
  return new NotReadyError(`${name}: the server answered something that a write cannot be looked for in`);
}
