import type { Token } from "../oauth/token-store.js";
import type { Person } from "../world/records.js";

/** One open stream. */
export interface Connection {
  readonly kind: "websocket" | "server-sent-events";
  readonly person: Person | undefined;
  readonly token: Token;
  /** What it is subscribed to, for example `user` or `hashtag:cats`. */
  readonly streams: () => string[];
  /** Ends it in an orderly way. */
  readonly close: () => void;
  /** Ends it as a broken network does. */
  readonly cut: () => void;
  /** Stays open but neither sends nor answers any more. */
  readonly freeze: () => void;
}

/** An open stream as the control surface shows it. */
export interface ConnectionState {
  /** Counts the streams that were ever opened, from 1. */
  readonly number: number;
  readonly kind: Connection["kind"];
  readonly user: string | null;
  readonly app: string;
  readonly streams: string[];
}

/** The streams that are open. */
export class Connections {
  /** With their numbers. */
  readonly #open = new Map<Connection, number>();
  #opened = 0;
  readonly #watchers = new Set<() => void>();

  add(connection: Connection): void {
    this.#open.set(connection, (this.#opened += 1));
    this.changed();
  }

  remove(connection: Connection): void {
    this.#open.delete(connection);
    this.changed();
  }

  /** To be called when a stream came, went or changed what it is subscribed to. */
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  list(): ConnectionState[] {
    return [...this.#open].map(([{ kind, person, token, streams }, number]) => ({
      number,
      kind,
      user: person?.username ?? null,
      app: token.app.name,
      streams: streams(),
    }));
  }

  /** Resolves as soon as the open streams are as wanted. */
  waitFor(isWanted: (open: ConnectionState[]) => boolean): Promise<ConnectionState[]> {
    return new Promise((resolve) => {
      const watcher = (): void => {
        const open = this.list();
        if (!isWanted(open)) return;
        this.#watchers.delete(watcher);
        resolve(open);
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  /** Does something to the streams of one person, or to all; returns to how many. */
  each(username: string | undefined, act: (connection: Connection) => void): number {
    const chosen = [...this.#open.keys()].filter(
      ({ person }) => username === undefined || person?.username === username,
    );
    for (const connection of chosen) act(connection);
    return chosen.length;
  }

  /** A token that was revoked ends its streams. */
  closeOf(token: Token): void {
    for (const connection of this.#open.keys()) if (connection.token === token) connection.close();
  }
}
