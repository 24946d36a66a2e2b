import { HowdahError } from "../errors.js";

/** Whether the vault must not be used until the operator has decided about its mirror, or made it readable. */
export function isUndecided(error: unknown): error is HowdahError {
  return error instanceof HowdahError && (error.code === "VAULT_UNDECIDED" || error.code === "MIRROR_INVALID");
}
