import { onTestFinished } from "vitest";
import { startSandbox, type DialectName, type Sandbox, type SandboxOptions } from "../../sandbox/index.js";
import { outOfBand, type Answered, type Client } from "./bot.js";

/** A sandbox that behaves like a server family and closes with the test. */
export async function serverLike(dialect: DialectName, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ ...options, dialect });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A code of alice's for a client. */
export function codeFor(sandbox: Sandbox, client: Client, scope = "read"): string {
  return sandbox.grant({ user: "alice", client_id: client.client_id, redirect_uri: outOfBand, scope }).code;
}

/** An answer's status and what it says is wrong. */
export const brief = ({ status, body }: Answered): unknown[] => [status, typeof body === "string" ? body : body.error];
