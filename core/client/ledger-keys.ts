import type { Keys } from "../store/keys.js";

/** Before the key of a write, in its invocation's hash. */
export const writePrefix = "write:";

/** The hash of what an invocation has written and kept. */
export function invocationKey(keys: Keys, account: string, invocation: string): string {
  return keys.account(account, "invocation", invocation);
}
