import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";

/** Commands block this process for longer than a server keeps an idle connection. */
const freshConnection = { connection: "close" };

/** A request as the sandbox reports it. */
export interface SandboxRequest {
  readonly operation: string | null;
  readonly user: string | null;
  readonly status: number | null;
}

/** The sandbox in its container, by its port on this host. */
export class SandboxControl {
  readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

  /** On a port that nobody has yet. */
  static async onFreePort(): Promise<SandboxControl> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    assert(address !== null && typeof address === "object");
    return new SandboxControl(address.port);
  }

  /** A page as a browser gets it. */
  page(address: URL): Promise<Response> {
    return fetch(address, { headers: freshConnection });
  }

  /** `/sandbox/PATH`: a question, or with a body an order. */
  ask<T>(path: string, body?: object): Promise<T> {
    const posted = { type: "application/json", text: JSON.stringify(body) };
    return this.#json<T>(`/sandbox/${path}`, body && posted);
  }

  /** Carries an operation out as somebody. */
  act<T>(user: string, operation: string, params: object): Promise<T> {
    return this.ask<T>("act", { user, operation, params });
  }

  /** A form of OAuth's. */
  post<T>(path: string, fields: Record<string, string>): Promise<T> {
    const text = new URLSearchParams(fields).toString();
    return this.#json<T>(path, { type: "application/x-www-form-urlencoded", text });
  }

  async #json<T>(path: string, posted?: { type: string; text: string }): Promise<T> {
    const headers = { ...freshConnection, ...(posted && { "content-type": posted.type }) };
    const options = posted === undefined ? { headers } : { method: "POST", headers, body: posted.text };
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, options);
    assert(answer.ok, `${path} answers ${answer.status}: ${await answer.clone().text()}`);
    return (await answer.json()) as T;
  }
}
