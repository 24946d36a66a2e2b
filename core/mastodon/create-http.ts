import { setMaxListeners } from "node:events";
import { Pool } from "undici";

import { NetworkError } from "../errors.js";
import { Exchange } from "./exchange.js";
import type { Answer, Http, HttpRequest } from "./http.js";

const defaultTimeoutMs = 30_000;
const defaultMaxBytes = 8 * 1024 * 1024;
const maxRedirects = 3;

/** How to speak to servers. */
export interface HttpOptions {
  userAgent: string;
  /** At most, per server. Default 16. */
  connections?: number;
  connectTimeoutMs?: number;
}

/** Makes the one sender of HTTP requests of this process: a bounded pool of connections for each server. */
export function createHttp(options: HttpOptions): Http {
  return new ServerConnections(options);
}

class ServerConnections implements Http {
  readonly #options: HttpOptions;
  readonly #pools = new Map<string, Pool>();
  /** undici leaves a connection that is still being made to its timeout; this ends it. */
  readonly #stop = new AbortController();

  constructor(options: HttpOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal);
  }

  get userAgent(): string {
    return this.#options.userAgent;
  }

  send(request: HttpRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#stop.signal.aborted)
        throw new NetworkError(`${request.what}: not sent, this process is stopping`, "aborted", false);
      const exchange = new Exchange({
        pool: this.#poolOf(request.origin),
        request,
        userAgent: this.#options.userAgent,
        timeoutMs: request.timeoutMs ?? defaultTimeoutMs,
        maxBytes: request.maxBytes ?? defaultMaxBytes,
        redirectsLeft: maxRedirects,
        resolve,
        reject,
      });
      exchange.start();
    });
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    const destroyed = Promise.all(pools.map((pool) => pool.destroy()));
    this.#stop.abort();
    await destroyed;
  }

  #poolOf(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      connections: this.#options.connections ?? 16,
      pipelining: 1,
      connectTimeout: this.#options.connectTimeoutMs ?? 10_000,
      connect: { signal: this.#stop.signal },
      // Long enough for a poll every few seconds, short of what proxies in front of servers allow.
      keepAliveTimeout: 15_000,
      // One deadline runs per request, which also covers waiting for a connection and a trickling body.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}
