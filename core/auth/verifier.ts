import { inject, injectable } from "tsyringe";
import { NetworkError } from "../errors.js";
import { HttpToken, type Answer, type Http } from "../mastodon/http.js";
import { aboutServer, NotAskedError, OutagesToken, type Outages } from "./outages.js";
import { Pace } from "./pace.js";
import { ServerClock } from "./server-clock.js";
import { judge } from "./verdict.js";

const timeoutMs = 20_000;

/** Step 3's request: asks servers whom a token speaks for, at a bounded pace, and tells the fleet whether they are up. */
@injectable()
export class Verifier {
  /** The servers' time, from their answers. */
  readonly clock = new ServerClock();
  readonly #http: Http;
  readonly #outages: Outages;
  readonly #pace: Pace;

  constructor(@inject(HttpToken) http: Http, @inject(OutagesToken) outages: Outages, @inject(Pace) pace: Pace) {
    this.#http = http;
    this.#outages = outages;
    this.#pace = pace;
  }

  /** What the server answers, or the failure below HTTP. */
  async verify(server: string, accessToken: string): Promise<Answer | NetworkError> {
    return this.#pace.run(server, () => this.#verify(server, accessToken), isGood);
  }

  /** As `verify`, if the fleet lets this account in; whoever had to wait for its turn may find the server down by then. */
  async verifyIfAdmitted(server: string, accessToken: string): Promise<Answer | NetworkError> {
    return this.#pace.run(
      server,
      async () => {
        const admission = await this.#outages.admission(server);
        return typeof admission === "object" ? new NotAskedError(server, admission) : this.#verify(server, accessToken);
      },
      isGood,
    );
  }

  async #verify(server: string, accessToken: string): Promise<Answer | NetworkError> {
    const asked = await this.#ask(server, accessToken);
    if (!(asked instanceof NetworkError)) this.clock.heard(server, asked);
    await reportTo(this.#outages, server, asked);
    return asked;
  }

  async #ask(server: string, accessToken: string): Promise<Answer | NetworkError> {
    try {
      return await this.#http.send({
        origin: server,
        method: "GET",
        path: "/api/v1/accounts/verify_credentials",
        token: accessToken,
        timeoutMs,
        what: "accounts.verifyCredentials",
      });
    } catch (error) {
      if (error instanceof NetworkError) return error;
      throw error;
    }
  }
}

/** Tells the fleet what an answer says about its server. */
export async function reportTo(outages: Outages, server: string, asked: Answer | NetworkError): Promise<void> {
  const about = aboutServer(asked);
  if (about === "up") await outages.answered(server);
  else if (about !== "nothing") await outages.failed(server, judge(asked).reason, about === "down");
}

/** Whoever is not let in says nothing new about the server. */
function isGood(asked: Answer | NetworkError): boolean {
  return asked instanceof NotAskedError || aboutServer(asked) === "up";
}
