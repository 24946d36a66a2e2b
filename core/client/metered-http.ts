import { UsedUpError } from "../auth/outages.js";
import { BudgetError, NetworkError } from "../errors.js";
import type { Answer, Http, HttpRequest } from "../mastodon/http.js";
import { parseRetryAfter } from "../mastodon/rate-limit.js";
import type { Block } from "./block.js";
import type { Budgets } from "./budgets.js";

const usualTimeoutMs = 30_000;
/** Of a request's time, so much may go into waiting for room: the rest is the server's, to answer in. */
const waitingShare = 0.5;
const neverAborted = new AbortController().signal;

/**
 * Counts what does not come by the outgoing chain, such as authorizing and asking servers about themselves, against
 * what may come from this address.
 */
export class MeteredHttp implements Http {
  readonly #http: Http;
  readonly #budgets: Budgets;

  constructor(http: Http, budgets: Budgets) {
    this.#http = http;
    this.#budgets = budgets;
  }

  get userAgent(): string {
    return this.#http.userAgent;
  }

  send(request: HttpRequest): Promise<Answer> {
    return request.isCounted === true ? this.#http.send(request) : this.#inTurn(request);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #inTurn(request: HttpRequest): Promise<Answer> {
    const { timeoutMs = usualTimeoutMs } = request;
    const endsAt = Date.now() + timeoutMs;
    const block = this.#budgets.addressBlock(request.origin);
    await this.#room(request, block, endsAt - timeoutMs * (1 - waitingShare));
    const answer = await this.#http.send({ ...request, timeoutMs: endsAt - Date.now() });
    const retryAt = answer.status === 503 ? parseRetryAfter(answer) : undefined;
    if (retryAt !== undefined) await this.#budgets.hold(block, retryAt);
    return answer;
  }

  /** Whoever asks below the chain knows servers that are not asked now, and no budgets. */
  async #room({ origin, signal = neverAborted, what }: HttpRequest, block: Block, deadline: number): Promise<void> {
    try {
      await this.#budgets.gate.take({ name: what, isUrgent: true, deadline, signal }, [block]);
    } catch (error) {
      if (signal.aborted) throw new NetworkError(`${what}: was given up`, "aborted", false);
      if (!(error instanceof BudgetError)) throw error;
      // The server had no chance to answer: nobody must take it for one that is down.
      throw new UsedUpError(origin, error.resetsAt.getTime());
    }
  }
}
