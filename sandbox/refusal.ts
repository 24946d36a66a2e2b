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

/** Mastodon's answer for what does not exist or may not be seen. */
export const notFound = (message = "Record not found"): Refusal => new Refusal(404, message);

/** Mastodon's answer for what the person may see but not do. */
export const notAllowed = (): Refusal => new Refusal(403, "This action is not allowed");

/** Mastodon's answer for a record that breaks a rule. */
export const invalid = (rule: string): Refusal => new Refusal(422, `Validation failed: ${rule}`);

/** Rails' answer for a parameter that must be there. */
export const missing = (name: string): Refusal =>
  new Refusal(400, `param is missing or the value is empty or invalid: ${name}`);
