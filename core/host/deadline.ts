interface Limits {
  readonly limitMs: number;
  readonly signal?: AbortSignal;
  readonly what: string;
}

/** What `work` comes to, unless it takes longer than `limitMs` or the signal aborts before: then it rejects. */
export function within<T>(work: T | Promise<T>, { limitMs, signal, what }: Limits): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    // Once for each event: a controller and its abort would cost more than all the rest of the way.
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", letGo);
    };
    const letGo = () => {
      end();
      reject(new Error(`${what} was told to end`));
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`${what} took over ${limitMs / 1_000} s`));
    }, limitMs);
    signal?.addEventListener("abort", letGo);
    if (signal?.aborted === true) letGo();
    // Also what comes too late is looked at: a rejection that nobody hears would end the process.
    Promise.resolve(work).then(resolve, reject).finally(end);
  });
}
