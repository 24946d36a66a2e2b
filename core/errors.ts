/**
 * The closed catalogue of error codes, each with what it means. Callers switch on `code`, never on the text.
 * `docs/errors.md` lists the same codes; a test holds the two together.
 */
export const errorCodes = {
  CONFIG_INVALID: "accounts.yaml, an option or an environment variable is wrong",
  EVENT_UNKNOWN: "no event of that name has failed",
  CONFIG_CHANGED: "another configuration came in force while this one was looked at",
  ACCOUNT_UNKNOWN: "no account of that name is in accounts.yaml",
  PLUGIN_INVALID: "a plugin's module cannot be loaded or does not export a plugin",
  REDIS_UNREACHABLE: "Redis does not answer at the given address",
  REDIS_MISSING: "no REDIS_URL is given and no redis-server or valkey-server is on the path",
  REDIS_REFUSED: "Redis answers, but refuses what is needed (password, disk full, read-only replica)",
  DATA_NEWER: "the data in Redis was written by a newer version",
  KEY_INVALID: "BOT_KEY or BOT_KEY_FILE is not base64 of 32 bytes",
  KEY_MISMATCH: "no key at hand opens what is stored",
  KEY_BEHIND: "a running process has not got the newest key, or does not write with it",
  VAULT_UNDECIDED: "Redis does not hold what the mirror of the vault holds: bot restore decides",
  MIRROR_INVALID: "the mirror of the vault is missing, damaged or cannot be read",
  EXPORT_INVALID: "the file is no export, is damaged, or the passphrase is wrong",
  PORT_TAKEN: "another program listens on the port",
  CODE_REFUSED: "the server refused the authorization code: wrong, used or expired",
  PERSON_WRONG: "the code or token belongs to another person than this account",
  AUTHORIZATION_NEEDED: "the account holds no token: bot auth",
  SCOPE_MISSING: "the operation is outside the plugin's scopes",
  WRITE_OUTSIDE_HANDLER: "a write was tried during set-up",
  REPLAY_MISMATCH: "a retried handler asked for another write than it did before",
  OUTCOME_UNCERTAIN: "whether the server carried out a write cannot be known",
  ACCOUNT_NOT_READY: "the account cannot act now: not authorized or owned by another process",
  ACCOUNT_PAUSED: "an operator has paused the account: nothing is written",
  BUDGET_EXHAUSTED: "the server's rate limit, or a cap on writes, leaves no room before the deadline",
  SERVER_REFUSED: "the server answered with a refusal",
  REPLIES_EXHAUSTED: "the plugin has answered as often in this thread as it may within an hour",
  UPLOAD_FAILED: "a file could not be read or fetched, or the server could not process it",
  NETWORK_FAILED: "the server could not be reached, or the answer did not arrive whole",
} as const;

/** One of the codes of the catalogue. */
export type ErrorCode = keyof typeof errorCodes;

interface ErrorDetails {
  /** One line: what to do about it. */
  cure?: string;
  cause?: unknown;
}

/** An error that Howdah foresees: `message` says what is wrong, `cure` what to do, `code` is stable. */
export class HowdahError extends Error {
  readonly code: ErrorCode;
  readonly cure: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.cure = details.cure;
  }
}

/** One mistake in a file: `file:line:column: what is wrong, what would be right`. */
export interface Problem {
  file: string;
  /** From 1; 0 where the whole file is meant. */
  line: number;
  column: number;
  message: string;
}

/** The operator's configuration is wrong; holds every mistake that was found, not the first only. */
export class ConfigError extends HowdahError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super("CONFIG_INVALID", problems.map(formatProblem).join("\n"));
    this.problems = problems;
  }
}

/** A problem as one line. */
export function formatProblem({ file, line, column, message }: Problem): string {
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}

/** An operation outside the scopes was called past the compiler; nothing was sent. */
export class ScopeError extends HowdahError {
  readonly operation: string;
  readonly scope: string;

  constructor(operation: string, scope: string) {
    super("SCOPE_MISSING", `${operation} needs the scope ${scope}, which this plugin does not declare`, {
      cure: `add "${scope}" to the plugin's scopes`,
    });
    this.operation = operation;
    this.scope = scope;
  }
}

/** A write was called during set-up: what acts belongs to a handler. */
export class WriteOutsideHandler extends HowdahError {
  constructor(operation: string) {
    super("WRITE_OUTSIDE_HANDLER", `${operation} was called outside a handler`, {
      cure: "call it with the client that on, cron, every or command hands to its handler",
    });
  }
}

/** A later attempt of a handler asked for a write that its earlier attempt did not make. */
export class ReplayMismatchError extends HowdahError {
  constructor(operation: string) {
    super("REPLAY_MISMATCH", `${operation}: this attempt asks for another write than the one before it`, {
      cure: "give the write a key, or compute what it says with once()",
    });
  }
}

/** Whether a write took effect cannot be known, so it is not sent again. */
export class UncertainOutcomeError extends HowdahError {
  constructor(operation: string, details: ErrorDetails = {}) {
    super("OUTCOME_UNCERTAIN", `${operation} was sent, but its answer never came`, {
      cure: "look at the account on its server; the write is not sent again",
      ...details,
    });
  }
}

/** The account cannot act at the moment; waiting for it is no failed attempt. */
export class NotReadyError extends HowdahError {
  /** When to try again, in milliseconds since the epoch; undefined: when the account is ready. */
  readonly retryAt: number | undefined;

  constructor(message: string, details: ErrorDetails & { retryAt?: number } = {}) {
    super("ACCOUNT_NOT_READY", message, details);
    this.retryAt = details.retryAt;
  }
}

/** An operator has paused the account; nothing was sent, and waiting for the end of the pause is no failed attempt. */
export class PausedError extends HowdahError {
  constructor(account: string) {
    super("ACCOUNT_PAUSED", `the account ${account} is paused`, {
      cure: `nothing: the event waits until bot resume ${account}, or until its pause ends by itself`,
    });
  }
}

/** The server's rate limit, or a cap of ours, leaves no room before the deadline. */
export class BudgetError extends HowdahError {
  /** When there is room again. */
  readonly resetsAt: Date;

  constructor(operation: string, resetsAt: Date, what = "the server's rate limit") {
    super("BUDGET_EXHAUSTED", `${operation}: ${what} leaves no room before ${resetsAt.toISOString()}`);
    this.resetsAt = resetsAt;
  }
}

/** The rider has answered as often in this thread as it may within an hour; nothing was sent. */
export class RepliesExhaustedError extends HowdahError {
  /** How many answers that is. */
  readonly limit: number;

  constructor(limit: number) {
    super("REPLIES_EXHAUSTED", `no more answers in this thread: there were ${limit} within an hour`, {
      cure: "nothing, where bots answer each other; else raise replies_per_thread in accounts.yaml",
    });
    this.limit = limit;
  }
}

/** The server answered with a status that is not 2xx. */
export class ServerRefusedError extends HowdahError {
  readonly operation: string;
  readonly status: number;
  /** The JSON that came, or the start of the text. */
  readonly body: unknown;

  constructor(operation: string, status: number, body: unknown) {
    super("SERVER_REFUSED", `${operation}: the server answered ${status}${reasonIn(body)}`);
    this.operation = operation;
    this.status = status;
    this.body = body;
  }
}

const longestReason = 200;

/** What the server says, as one short line that a terminal can show. */
function reasonIn(body: unknown): string {
  if (typeof body !== "object" || body === null || !("error" in body) || typeof body.error !== "string") return "";
  return `: ${body.error.slice(0, longestReason).replaceAll(/\p{Cc}+/gu, " ")}`;
}

/** How a request failed below HTTP. `unasked`: its time was up while it waited for others of this process. */
export type NetworkFailure =
  | "dns"
  | "refused"
  | "timeout"
  | "certificate"
  | "cut"
  | "redirect"
  | "too_large"
  | "not_json"
  | "aborted"
  | "unasked"
  | "other";

/** The server could not be reached, or its answer did not arrive whole. */
export class NetworkError extends HowdahError {
  readonly failure: NetworkFailure;
  /** Whether the request may have reached the server. */
  readonly sent: boolean;

  constructor(what: string, failure: NetworkFailure, sent: boolean, details: ErrorDetails = {}) {
    super("NETWORK_FAILED", what, details);
    this.failure = failure;
    this.sent = sent;
  }
}

/** Why an upload failed. `processing`: the server could not make anything of the file; `deadline`: it was still at it. */
export type UploadFailure = "unreadable" | "private_address" | "too_large" | "processing" | "deadline";

/** A file could not be read or fetched, or the server could not process it. */
export class UploadError extends HowdahError {
  readonly failure: UploadFailure;

  constructor(message: string, failure: UploadFailure, details: ErrorDetails = {}) {
    super("UPLOAD_FAILED", message, details);
    this.failure = failure;
  }
}
