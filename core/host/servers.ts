import type { Http } from "../mastodon/http.js";
import { fetchServerInfo, type ServerInfo } from "../mastodon/server-info.js";

const goodForMs = 60 * 60 * 1_000;

/** What the servers say about themselves: each is asked once an hour, however many accounts are on it. */
export class Servers {
  readonly #http: Http;
  readonly #learned: (origin: string, info: ServerInfo) => void;
  readonly #known = new Map<string, { asked: Promise<ServerInfo>; at: number }>();

  /** `learned` is called with what a server said of itself. */
  constructor(http: Http, learned: (origin: string, info: ServerInfo) => void = () => undefined) {
    this.#http = http;
    this.#learned = learned;
  }

  /** Throws NetworkError where the server cannot be reached. */
  info(origin: string): Promise<ServerInfo> {
    const known = this.#known.get(origin);
    if (known !== undefined && Date.now() - known.at < goodForMs) return known.asked;
    const asked = fetchServerInfo(this.#http, origin);
    this.#known.set(origin, { asked, at: Date.now() });
    asked.then(
      (info) => {
        this.#learned(origin, info);
        // A server that answers, but tells nothing of itself, may be starting up.
        if (info.source === "none") this.#known.delete(origin);
      },
      () => this.#known.delete(origin),
    );
    return asked;
  }
}
