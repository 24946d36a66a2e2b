import { plainText } from "../core/mastodon/plain-text.js";

/** The accounts of the shipped accounts.yaml. */
export const bots = ["newsbot", "greeter", "warden"] as const;

/** What each bot was seen doing, in words. */
export type Deeds = Partial<Record<(typeof bots)[number], string>>;

interface Person {
  readonly user: string;
  readonly id: string;
}

interface Relationship {
  readonly following: boolean;
  readonly muting: boolean;
}

interface Post {
  readonly content: string;
  readonly account: { readonly username: string };
}

/** What the shipped rule of warden looks for. */
const unwanted = "@warden buy cheap followers, today only";

/** The demonstration's server, with all that its control surface allows. */
export class DemoSandbox {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** The visitor follows greeter and writes to warden what its rule does not like. */
  async playVisitor(): Promise<void> {
    await this.#act("visitor", "accounts.follow", { id: await this.#idOf("greeter") });
    await this.#act("visitor", "statuses.create", { status: unwanted });
  }

  /** What the bots have done so far, as the server's own records show it. */
  async deeds(): Promise<Deeds> {
    const visitor = await this.#idOf("visitor");
    const posts = await this.#act<Post[]>("visitor", "timelines.public", {});
    const post = posts.find(({ account }) => account.username === "newsbot");
    const [greeted] = await this.#act<Relationship[]>("greeter", "accounts.relationships", { id: [visitor] });
    const [moderated] = await this.#act<Relationship[]>("warden", "accounts.relationships", { id: [visitor] });
    return {
      ...(post && { newsbot: `newsbot posted "${plainText(post.content)}"` }),
      ...(greeted?.following === true && { greeter: "greeter followed visitor back" }),
      ...(moderated?.muting === true && { warden: "warden muted visitor" }),
    };
  }

  /** The visitor's part as lines for a shell. */
  async visitorLines(): Promise<string[]> {
    const line = (operation: string, params: object) => {
      const body = JSON.stringify({ user: "visitor", operation, params });
      return `curl ${this.url}/sandbox/act -d '${body}'`;
    };
    return [
      line("accounts.follow", { id: await this.#idOf("greeter") }),
      line("statuses.create", { status: unwanted }),
    ];
  }

  async #idOf(user: string): Promise<string> {
    const people = await this.#ask<Person[]>("users");
    const person = people.find((candidate) => candidate.user === user);
    if (person === undefined) throw new Error(`nobody on the sandbox is called ${user}`);
    return person.id;
  }

  async #act<T>(user: string, operation: string, params: object): Promise<T> {
    return this.#ask<T>("act", { user, operation, params });
  }

  async #ask<T>(path: string, body?: object): Promise<T> {
    const posted = { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}/sandbox/${path}`, body === undefined ? {} : posted);
    if (!answer.ok) throw new Error(`the sandbox answers /sandbox/${path} with ${answer.status}`);
    return (await answer.json()) as T;
  }
}
