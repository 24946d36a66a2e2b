import { inject, injectable } from "tsyringe";
import { HttpToken, type Http } from "../mastodon/http.js";
import { fetchServerInfo, type ServerInfo } from "../mastodon/server-info.js";

const goodForMs = 60 * 60 * 1_000;

/** What the servers say about themselves: each is asked once an hour, however many accounts are on it. */
@injectable()
export class Servers {
  readonly #http: Http;
  readonly #known = new Map<string, { asked: Promise<ServerInfo>; at: number }>();

  constructor(@inject(HttpToken) http: Http) {
    this.#http = http;
  }

  /** Throws NetworkError where the server cannot be reached. */
  info(origin: string): Promise<ServerInfo> {
    const known = this.#known.get(origin);
    if (known !== undefined && Date.now() - known.at < goodForMs) return known.asked;
    const asked = fetchServerInfo(this.#http, origin);
    this.#known.set(origin, { asked, at: Date.now() });
    asked.then(
      // A server that answers, but tells nothing of itself, may be starting up.
      ({ source }) => source === "none" && this.#known.delete(origin),
      () => this.#known.delete(origin),
    );
    return asked;
  }
}
