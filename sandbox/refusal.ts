import type { RefusalRow } from "./dialects/dialect.js";

/** An answer other than success, thrown where it is decided and turned into a response in one place. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    error: string | Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
  ) {
    const body = typeof error === "string" ? { error } : error;
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** A refusal that is sent as plain text. */
export class PlainRefusal extends Refusal {}

/** What a dialect's row says, with the scopes that would have been needed. */
export function refusalFrom({ status, body, headers }: RefusalRow, scopes: readonly string[] = []): Refusal {
  const filled = (text: string): string => text.replace("{scopes}", scopes.join(" | "));
  if (typeof body === "string") return new PlainRefusal(status, filled(body), headers);
  const fields = Object.entries(body).map(([name, text]) => [name, filled(text)]);
  return new Refusal(status, Object.fromEntries(fields) as Refusal["body"], headers);
}

/** Mastodon's answer for what does not exist or may not be seen. */
export const notFound = (message = "Record not found"): Refusal => new Refusal(404, message);

/** Mastodon's answer for what the person may see but not do. */
export const notAllowed = (): Refusal => new Refusal(403, "This action is not allowed");

/** Mastodon's answer for a record that breaks a rule. */
export const invalid = (rule: string): Refusal => new Refusal(422, `Validation failed: ${rule}`);

/** Rails' answer for a parameter that must be there. */
export const missing = (name: string): Refusal =>
  new Refusal(400, `param is missing or the value is empty or invalid: ${name}`);
