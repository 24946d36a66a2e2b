import type { Token } from "../oauth/token-store.js";
import type { StreamEvent } from "../world/broadcast.js";
import { hiddenFrom } from "../world/visibility.js";
import type { World } from "../world/world.js";
import { channelsFor, type Channels, type StreamRequest } from "./channels.js";

/** What one connection listens to. */
export class Subscriptions {
  readonly #ends = new Map<string, () => void>();
  readonly #world: World;
  readonly #token: Token;
  readonly #send: (stream: readonly string[], event: StreamEvent) => void;

  constructor(world: World, token: Token, send: (stream: readonly string[], event: StreamEvent) => void) {
    this.#world = world;
    this.#token = token;
    this.#send = send;
  }

  /** Begins to listen; again is nothing new. Throws a `StreamRefusal`. */
  add(request: StreamRequest): void {
    const channels = channelsFor(request, this.#token, this.#world.settings.dialect.scopes);
    const key = channels.name.join(":");
    if (this.#ends.has(key)) return;
    const ends = channels.ids.map((id) =>
      this.#world.broadcast.subscribe(id, (event) => {
        if (!this.#leavesOut(channels, event)) this.#send(channels.name, event);
      }),
    );
    this.#ends.set(key, () => {
      for (const end of ends) end();
    });
  }

  /** Listens no longer; throws a `StreamRefusal` for a stream that there is not. */
  remove(request: StreamRequest): void {
    const key = channelsFor(request, this.#token, this.#world.settings.dialect.scopes).name.join(":");
    this.#ends.get(key)?.();
    this.#ends.delete(key);
  }

  names(): string[] {
    return [...this.#ends.keys()];
  }

  clear(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }

  #leavesOut(channels: Channels, event: StreamEvent): boolean {
    if (!channels.filtered || event.authorId === undefined) return false;
    const author = this.#world.people.get(event.authorId);
    return author !== undefined && hiddenFrom(this.#token.person, author);
  }
}
