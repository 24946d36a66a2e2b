import { setMaxListeners } from "node:events";

import type { Dispatcher, Pool } from "undici";

import { NetworkError, type NetworkFailure } from "../errors.js";
import { bodyOf, textOf } from "./answer-body.js";
import type { Answer, AnswerHeaders, HttpRequest } from "./http.js";
import { causeOf, printableCause } from "./network-failure.js";

/** What one exchange needs; `timeoutMs` and `maxBytes` with their defaults filled in. */
interface ExchangeOptions {
  pool: Pool;
  request: HttpRequest;
  userAgent: string;
  timeoutMs: number;
  maxBytes: number;
  redirectsLeft: number;
  resolve: (answer: Answer) => void;
  reject: (error: NetworkError) => void;
}

/**
 * One request and its answer, as a handler of undici's `dispatch`: without the stream that `request()` puts
 * between, it can bound the body as it comes and say for certain whether anything was sent.
 * @see https://github.com/nodejs/undici/blob/main/docs/docs/api/Dispatcher.md#dispatcherdispatchoptions-handler
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #timer: NodeJS.Timeout;
  #redirectsLeft: number;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #sent = false;
  #status = 0;
  #headers: AnswerHeaders = {};
  #receivedAt = 0;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#redirectsLeft = options.redirectsLeft;
    this.#timer = setTimeout(expire, options.timeoutMs, this);
  }

  /** Hands the request to the pool; the outcome goes to `resolve` or `reject`, once. */
  start(): void {
    const { request } = this.#options;
    if (request.signal?.aborted === true) return this.handleEvent();
    if (request.signal !== undefined) {
      // Many requests may hang on one signal; more than ten would print a warning.
      setMaxListeners(0, request.signal);
      request.signal.addEventListener("abort", this);
    }
    this.#dispatch(request.path);
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.#fail("aborted", "was given up");
  }

  /** The time is up. */
  expire(): void {
    const wait = `within ${this.#options.timeoutMs / 1000} s`;
    if (!this.#sent) return this.#fail(this.#isInLine() ? "unasked" : "timeout", `could not be asked ${wait}`);
    this.#fail("timeout", this.#status === 0 ? `did not answer ${wait}` : `did not finish its answer ${wait}`);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It may have waited for a connection until after its deadline: then it must not go out any more.
    if (this.#settled) return controller.abort(new Error("given up"));
    this.#controller = controller;
    this.#sent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#receivedAt = Date.now();
    if (Number(headers["content-length"]) > this.#options.maxBytes && this.#options.request.method !== "HEAD") {
      this.#failTooLarge();
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#options.maxBytes) return this.#failTooLarge();
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    const location = redirectOf(this.#status, this.#headers);
    if (location !== undefined) return this.#redirect(location);
    const answer = this.#answer();
    if (answer === undefined) return;
    this.#settle();
    this.#options.resolve(answer);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const cause = causeOf(error);
    const code = cause.code === undefined ? "" : ` (${cause.code})`;
    this.#fail(cause.failure, `${sentences[cause.failure] ?? "could not be asked"}${code}`, {
      cure: cures[cause.failure],
      cause: printableCause(cause),
    });
  }

  /** Whether it waited for other requests of this process, and not for a server that lets nobody in. */
  #isInLine(): boolean {
    return this.#options.pool.stats.connected > 0;
  }

  #dispatch(path: string): void {
    const { pool, request } = this.#options;
    pool.dispatch({ path, method: request.method, headers: this.#fields(), body: request.body ?? null }, this);
  }

  #fields(): string[] {
    const { request, userAgent } = this.#options;
    const fields = ["user-agent", userAgent, "accept", "application/json"];
    if (request.token !== undefined) fields.push("authorization", `Bearer ${request.token}`);
    if (request.contentType !== undefined) fields.push("content-type", request.contentType);
    if (request.headers !== undefined) {
      for (const name of Object.keys(request.headers)) fields.push(name, request.headers[name] ?? "");
    }
    return fields;
  }

  #answer(): Answer | undefined {
    const text = textOf(this.#chunks);
    const body = bodyOf(text, this.#status, this.#options.request.token);
    if (body.failure !== undefined) {
      const said = body.failure === "cut" ? "broke its answer off" : "answered something that is not JSON";
      this.#fail(body.failure, `${said} (status ${this.#status})`);
      return undefined;
    }
    return {
      status: this.#status,
      headers: this.#headers,
      body: body.value,
      isJson: body.isJson,
      text: body.isJson && this.#status < 300 ? text : undefined,
      receivedAt: this.#receivedAt,
      serverDate: epochOf(this.#headers["date"]),
    };
  }

  #redirect(location: string): void {
    const { origin, method, path } = this.#options.request;
    const target = URL.canParse(location, origin + path) ? new URL(location, origin + path) : undefined;
    if (target === undefined) return this.#fail("redirect", "redirects to an address that cannot be read");
    if (target.origin !== new URL(origin).origin) {
      return this.#fail("redirect", `redirects to ${target.origin}`, {
        cure: `if the server moved there for good, make it the account's server: ${target.origin}`,
      });
    }
    if (method !== "GET" && method !== "HEAD") return this.#fail("redirect", `redirects a ${method}`);
    if (this.#redirectsLeft === 0) return this.#fail("redirect", "redirects without end");
    this.#redirectsLeft -= 1;
    this.#status = 0;
    this.#chunks = [];
    this.#size = 0;
    this.#dispatch(target.pathname + target.search);
  }

  #failTooLarge(): void {
    this.#fail("too_large", `answered more than ${this.#options.maxBytes} bytes`);
  }

  #fail(failure: NetworkFailure, said: string, details: { cure?: string | undefined; cause?: unknown } = {}): void {
    if (this.#settled) return;
    this.#settle();
    const { request, reject } = this.#options;
    const { cure, cause } = details;
    reject(
      new NetworkError(`${request.what}: ${request.origin} ${said}`, failure, this.#sent, {
        ...(cure === undefined ? undefined : { cure }),
        cause,
      }),
    );
    // Ends the connection where the answer is still on its way.
    this.#controller?.abort(new Error("given up"));
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.request.signal?.removeEventListener("abort", this);
  }
}

const sentences: Partial<Record<NetworkFailure, string>> = {
  dns: "has no address",
  refused: "refuses the connection",
  timeout: "did not answer in time",
  certificate: "has no valid certificate",
  cut: "broke the connection off",
  too_large: "answered with too large a head",
  aborted: "was given up",
};

const cures: Partial<Record<NetworkFailure, string>> = {
  dns: "check the name of the server, and this machine's name resolution",
  refused: "check the address of the server, and whether it is up",
  certificate: "check the server's certificate and this machine's clock; NODE_EXTRA_CA_CERTS adds an authority",
};

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function redirectOf(status: number, headers: AnswerHeaders): string | undefined {
  if (!redirects.has(status)) return undefined;
  const location = headers["location"];
  return Array.isArray(location) ? location[0] : location;
}

function expire(exchange: Exchange): void {
  exchange.expire();
}

let lastDate = "";
let lastEpoch: number | undefined;

/** All answers of a second carry the same text, so the last one is remembered. */
function epochOf(date: string | string[] | undefined): number | undefined {
  if (typeof date !== "string") return undefined;
  if (date !== lastDate) {
    const epoch = Date.parse(date);
    lastDate = date;
    lastEpoch = Number.isNaN(epoch) ? undefined : epoch;
  }
  return lastEpoch;
}
