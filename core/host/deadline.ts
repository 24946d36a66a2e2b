/** What `work` comes to, unless it takes longer than `limitMs` or the signal aborts before: then it rejects. */
export async function within<T>(
  work: T | Promise<T>,
  { limitMs, signal, what }: { limitMs: number; signal?: AbortSignal; what: string },
): Promise<T> {
  const ended = new AbortController();
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took over ${limitMs / 1_000} s`)), limitMs);
    const letGo = () => reject(new Error(`${what} was told to end`));
    if (signal?.aborted === true) letGo();
    signal?.addEventListener("abort", letGo, { signal: ended.signal });
    ended.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}
