import { operations, type Operations } from "../../core/mastodon/operations.js";
import { Refusal } from "../refusal.js";
import type { Handlers } from "./call.js";

/** Stands for the handler of an operation that the sandbox checks scopes for, but does not carry out: 501. */
export const notSimulated = (): never => {
  throw new Refusal(501, "The sandbox does not simulate this operation");
};

/** The handlers of a group of which nothing is simulated. */
export function groupNotSimulated<G extends keyof Operations>(group: G): Handlers<G> {
  // The names are the group's own, and what never returns fits every handler's type.
  const handlers: object = Object.fromEntries(Object.keys(operations[group]).map((name) => [name, notSimulated]));
  return handlers as Handlers<G>;
}
