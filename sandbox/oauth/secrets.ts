import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Makes every secret the server gives out and remembers them, so that tests can look for leaks. */
export class Secrets {
  readonly #issued: string[] = [];

  issue(): string {
    const secret = randomBytes(32).toString("base64url");
    this.#issued.push(secret);
    return secret;
  }

  /** Everything ever issued: tokens, refresh tokens, client secrets and codes. */
  issued(): readonly string[] {
    return [...this.#issued];
  }
}

/** Compares two texts without telling by time where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** What a client says of the verifier that it keeps. */
export interface Challenge {
  readonly text: string;
  readonly method: "S256" | "plain";
}

/** Whether a verifier belongs to a challenge. @see https://www.rfc-editor.org/rfc/rfc7636#section-4.6 */
export function matchesChallenge(verifier: string, { text, method }: Challenge): boolean {
  const expected = method === "plain" ? verifier : createHash("sha256").update(verifier).digest("base64url");
  return sameSecret(expected, text);
}
