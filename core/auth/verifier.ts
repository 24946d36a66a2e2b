import { inject, injectable } from "tsyringe";
import { NetworkError } from "../errors.js";
import { HttpToken, type Answer, type Http } from "../mastodon/http.js";
import { ServerClock } from "./server-clock.js";

const timeoutMs = 20_000;

/** Step 3's request: asks servers whom a token speaks for. */
@injectable()
export class Verifier {
  /** The servers' time, from their answers. */
  readonly clock = new ServerClock();
  readonly #http: Http;

  constructor(@inject(HttpToken) http: Http) {
    this.#http = http;
  }

  /** What the server answers, or the failure below HTTP. */
  async verify(server: string, accessToken: string): Promise<Answer | NetworkError> {
    try {
      const answer = await this.#http.send({
        origin: server,
        method: "GET",
        path: "/api/v1/accounts/verify_credentials",
        token: accessToken,
        timeoutMs,
        what: "accounts.verifyCredentials",
      });
      this.clock.heard(server, answer);
      return answer;
    } catch (error) {
      if (error instanceof NetworkError) return error;
      throw error;
    }
  }
}
