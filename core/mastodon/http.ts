import type { InjectionToken } from "tsyringe";
import type { FormData } from "undici";

/** One request to one server. */
export interface HttpRequest {
  /** Such as `https://mastodon.social`. */
  origin: string;
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query. */
  path: string;
  body?: string | FormData | undefined;
  /** Of a text body; a form brings its own. */
  contentType?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as `Authorization: Bearer`, to this origin only. */
  token?: string | undefined;
  /** From the call to the last byte of the answer, waiting for a free connection included. Default 30,000. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Of the answer's body. Default 8 MiB. */
  maxBytes?: number | undefined;
  /** How errors name the request: the operation. */
  what: string;
  /** Whether its sender has waited for room in the server's limits already. */
  isCounted?: boolean;
}

/** Header fields by lower-case name; those that came more than once as a list. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What the server answered, whatever the status. */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The parsed JSON; with an error status also text (its start); undefined where nothing came. */
  readonly body: unknown;
  readonly isJson: boolean;
  /** The JSON of a success as it came. */
  readonly text?: string | undefined;
  /** When the head of the answer came, in epoch milliseconds of this machine. */
  readonly receivedAt: number;
  /** The `Date` of the answer in epoch milliseconds of the server. */
  readonly serverDate: number | undefined;
}

/** Sends requests: what the rooms above need of HTTP. */
export interface Http {
  /** What every request says of itself, also one that goes elsewhere. */
  readonly userAgent: string;
  /**
   * Answers with any status that came.
   * @throws NetworkError where none came or not whole; `sent` is false only if no byte of the request left.
   */
  send(request: HttpRequest): Promise<Answer>;
  /** Ends what is in flight as `aborted` and closes all connections. */
  close(): Promise<void>;
}

/** The injection token of the sender. */
export const HttpToken: InjectionToken<Http> = Symbol("Http");
