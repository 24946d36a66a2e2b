/** One event on its way to the streams. */
export interface StreamEvent {
  readonly event: "update" | "delete" | "notification" | "status.update" | "conversation";
  /** JSON as a string, or a bare id for `delete`. */
  readonly payload: string;
  /** Who wrote it, so that a public stream can leave out blocked and muted people. */
  readonly authorId?: string;
}

type Listener = (event: StreamEvent) => void;

/** Carries events from where they happen to whoever listens, by channel; names as in Mastodon's streaming server. */
export class Broadcast {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Returns the function that ends the subscription. */
  subscribe(channel: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(channel);
    };
  }

  /** Whether anybody listens, so that nothing is rendered for nobody. */
  hasListeners(channel: string): boolean {
    return this.#listeners.has(channel);
  }

  publish(channel: string, event: StreamEvent): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(event);
  }
}
