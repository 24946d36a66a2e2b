import { PlainRefusal, Refusal } from "../refusal.js";
import { Reply, type Call } from "./call.js";
import { handlerFor } from "./handlers.js";
import { linkHeader, type Page } from "./page.js";
import type { Route } from "./routes.js";

/** An answer before it becomes a response. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON, or as plain text where `isPlain`. */
  readonly body: unknown;
  readonly isPlain?: true;
}

/** Carries an operation out; `asked` is the address that the `Link` header refers to. Refusals become answers. */
export function perform(route: Route, call: Call, asked: URL): Answer {
  try {
    const result = handlerFor(route.name, call)(call);
    if (result instanceof Reply) return { status: result.status, headers: {}, body: result.body };
    if (!route.operation.paged) return { status: 200, headers: {}, body: result };
    const page = result as Page<unknown>;
    const link = linkHeader(asked, page);
    return { status: 200, headers: link === undefined ? {} : { Link: link }, body: page.items };
  } catch (error) {
    return answerOf(error);
  }
}

/** The answer that a refusal stands for; anything else is a defect and goes on. */
export function answerOf(error: unknown): Answer {
  if (!(error instanceof Refusal)) throw error;
  const { status, headers, body } = error;
  return error instanceof PlainRefusal
    ? { status, headers, body: body["error"], isPlain: true }
    : { status, headers, body };
}
