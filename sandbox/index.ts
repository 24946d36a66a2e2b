import { Control } from "./control/control.js";
import { createParts } from "./http/parts.js";
import { listen, type Listening } from "./http/server.js";
import { settingsFrom, type SandboxOptions } from "./settings.js";
import { closeWorld } from "./world/world.js";

export type { DialectName } from "./dialects/dialects.js";
export type { Acting } from "./control/acting.js";
export { Refusal } from "./refusal.js";
export type { SandboxOptions } from "./settings.js";

/** A running sandbox: its address, and everything that `/sandbox/*` offers, in process. */
export class Sandbox extends Control {
  /** Where bots reach it, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly #close: () => Promise<void>;

  constructor(parts: ConstructorParameters<typeof Control>[0], url: string, listening: Listening) {
    super(parts);
    this.url = url;
    this.port = listening.port;
    this.#close = async () => {
      await listening.close();
      closeWorld(parts.world);
    };
  }

  /** Stops listening, ends every connection and lets held requests go. */
  close(): Promise<void> {
    return this.#close();
  }
}

/**
 * Starts a Mastodon-compatible server in memory.
 * Rejects with the system's error where it cannot listen, for example with the code `EADDRINUSE`.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = settingsFrom(options);
  const parts = createParts(settings);
  const listening = await listen(parts, new Control(parts));
  const url = `http://${reachable(settings.host)}:${listening.port}`;
  parts.world.base = settings.publicUrl ?? url;
  return new Sandbox(parts, url, listening);
}

/** An address that listens everywhere is reached on loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
