/** A request that came, as tests read it; secrets are left out. */
export interface LoggedRequest {
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whose token it carried. */
  readonly user: string | null;
  /** The name of the app whose token it carried. */
  readonly app: string | null;
  /** The operation of the table, where it is one. */
  readonly operation: string | null;
  readonly userAgent: string | null;
  readonly idempotencyKey: string | null;
  readonly contentType: string | null;
  /** What was answered: 0 for a connection that was cut, null while there is no answer. */
  readonly status: number | null;
}

const kept = 100_000;
const secretNames = /^(access_token|refresh_token|client_secret|code|code_verifier|token|authenticity_token)$/;

/** Keeps what came, the last hundred thousand of it. */
export class RequestLog {
  #entries: { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] }[] = [];
  readonly #watchers = new Set<(entry: LoggedRequest) => void>();
  #lastId = 0;

  /** Notes a request as it comes; returns what notes its answer. */
  add(request: Omit<LoggedRequest, "id" | "time" | "status">): (status: number) => void {
    this.#lastId += 1;
    const entry = {
      ...request,
      id: this.#lastId,
      time: new Date().toISOString(),
      query: withoutSecrets(request.query),
      body: withoutSecrets(request.body),
      status: null as number | null,
    };
    this.#entries.push(entry);
    if (this.#entries.length > kept * 1.1) this.#entries = this.#entries.slice(-kept);
    for (const watcher of this.#watchers) watcher(entry);
    return (status) => {
      entry.status = status;
      for (const watcher of this.#watchers) watcher(entry);
    };
  }

  list(): LoggedRequest[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  clear(): void {
    this.#entries = [];
  }

  /** Resolves with the first request, past or to come, that the question is true of; it is asked again with the answer. */
  waitFor(isWanted: (request: LoggedRequest) => boolean): Promise<LoggedRequest> {
    const earlier = this.#entries.find(isWanted);
    if (earlier !== undefined) return Promise.resolve({ ...earlier });
    return new Promise((resolve) => {
      const watcher = (entry: LoggedRequest): void => {
        if (!isWanted(entry)) return;
        this.#watchers.delete(watcher);
        resolve({ ...entry });
      };
      this.#watchers.add(watcher);
    });
  }
}

function withoutSecrets(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (secretNames.test(name)) return [name, "[secret]"];
      return [name, isUpload(value) ? { contentType: value.contentType, size: value.bytes.length } : value];
    }),
  );
}

function isUpload(value: unknown): value is { contentType: string; bytes: Uint8Array } {
  return typeof value === "object" && value !== null && "bytes" in value && value.bytes instanceof Uint8Array;
}
