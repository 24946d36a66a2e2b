import type { Http, AnswerHeaders } from "../mastodon/http.js";
import type { Operation } from "../mastodon/operation.js";
import type { CallName } from "../mastodon/operations.js";
import type { RequestParams } from "../mastodon/request.js";
import type { AnswerCap } from "./answer-cap.js";
import type { Budget } from "./budget.js";
import type { InvocationRecord, WritePlace } from "./invocation-record.js";
import type { Ledger, LedgerEntry, Settlement } from "./ledger.js";
import type { Turns } from "./turns.js";

/** What an account's calls share: the way to its server, and who may say no. */
export interface Outlet {
  readonly account: string;
  readonly server: string;
  /** The person's id on the server. */
  readonly personId: string;
  readonly dryRun: boolean;
  readonly http: Http;
  readonly ledger: Ledger;
  readonly budget: Budget;
  /** Keeps equal writes from being sent while one of them is looked for. */
  readonly turns: Turns<"sending" | "looking">;
  /** How long after its admission a write may still take effect, in milliseconds. Default 45,000. */
  readonly settledAfterMs?: number;
  /** Counts answers in threads; without it, nothing limits them. */
  readonly answers?: AnswerCap;
  /** Of the process that owns the account; admission refuses an older one. */
  readonly epoch: number;
  /** The token in force. Throws NotReadyError where the account cannot act. */
  accessToken(): string;
  /** Called when the server refuses the token that was just used. */
  tokenRefused(): void;
  /** Told of a write that was admitted before the account changed owner, and ended after it. */
  straggled?(rider: string, operation: CallName, outcome: Settlement["state"]): void;
  /** Told what a write would have done, in a dry run. */
  simulated(rider: string, operation: CallName, params: RequestParams): void;
}

/** On whose behalf a call is made. */
export interface Caller {
  readonly rider: string;
  /** Every scope that the rider may use, children listed. */
  readonly permitted: ReadonlySet<string>;
  /** The writes of the invocation; undefined during set-up, when nothing may be written. */
  readonly record: InvocationRecord | undefined;
  readonly signal: AbortSignal;
  /** When the handler must have ended, in milliseconds since the epoch. */
  readonly deadline: number;
  /** Whether a person waits for it: such calls go before clocks and catching up. Default no. */
  readonly isUrgent?: boolean;
}

/** A write's place in the ledger, and what is recorded there. */
export interface WriteEntry extends WritePlace {
  readonly idempotencyKey: string;
  readonly recorded: LedgerEntry | undefined;
}

/** One call on its way out. */
export interface OutgoingCall {
  readonly name: CallName;
  readonly operation: Operation;
  readonly params: RequestParams;
  /** Makes the parameters that are sent, once it is certain that something is: a file that has to be fetched first. */
  readonly prepare?: (() => Promise<RequestParams>) | undefined;
  /** The author's name for this write. */
  readonly key: string | undefined;
  readonly caller: Caller;
  readonly outlet: Outlet;
  /** Set for a write that has a place in the ledger. */
  readonly entry?: WriteEntry;
}

/** What comes back: from the server, or from the ledger (then without headers). */
export interface Reply {
  readonly body: unknown;
  /** The body as it came. */
  readonly text?: string | undefined;
  readonly headers?: AnswerHeaders;
}

/** The rest of the chain. */
export type Next = (call: OutgoingCall) => Promise<Reply>;

/** One link of the outgoing chain: refuses, answers by itself, or hands on. */
export type Link = (call: OutgoingCall, next: Next) => Promise<Reply>;
