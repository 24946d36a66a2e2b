import { BudgetError, NetworkError } from "../errors.js";
import type { Answer, Http, HttpRequest } from "../mastodon/http.js";
import { parseRetryAfter } from "../mastodon/rate-limit.js";
import type { Block } from "./block.js";
import type { Budgets } from "./budgets.js";

const usualTimeoutMs = 30_000;
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
    const block = this.#budgets.addressBlock(request.origin);
    await this.#room(request, block);
    const answer = await this.#http.send(request);
    const retryAt = answer.status === 503 ? parseRetryAfter(answer) : undefined;
    if (retryAt !== undefined) await this.#budgets.hold(block, retryAt);
    return answer;
  }

  /** Whoever asks below the chain knows servers that do not answer in time, and no budgets. */
  async #room({ signal = neverAborted, timeoutMs = usualTimeoutMs, what }: HttpRequest, block: Block): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    try {
      await this.#budgets.gate.take({ name: what, isUrgent: true, deadline, signal }, [block]);
    } catch (error) {
      if (error instanceof BudgetError) throw new NetworkError(error.message, "timeout", false);
      if (signal.aborted) throw new NetworkError(`${what}: was given up`, "aborted", false);
      throw error;
    }
  }
}
