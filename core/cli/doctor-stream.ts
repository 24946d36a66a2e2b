import { setTimeout as sleep } from "node:timers/promises";
import { openStream, type StreamAuth, type StreamEnd } from "../mastodon/stream.js";

const ways: readonly StreamAuth[] = ["header", "query", "protocol"];
const timeoutMs = 10_000;

/** What a stream is tried with. */
export interface Probe {
  readonly url: string;
  readonly token: string;
  readonly userAgent: string;
}

/** How a stream ended, or that it stands. */
export type Tried = StreamEnd | "open";

/** Opens a stream and closes it again, with the token travelling in each of the ways until one is taken. */
export async function tryStream(probe: Probe): Promise<{ end: Tried; way: StreamAuth }> {
  let last: { end: Tried; way: StreamAuth } = { end: { kind: "silent" }, way: "header" };
  for (const way of ways) {
    last = { end: await tryOne(probe, way), way };
    // Only a refusal may be about how the token travels.
    if (last.end === "open" || last.end.kind !== "refused") break;
  }
  return last;
}

async function tryOne(probe: Probe, auth: StreamAuth): Promise<Tried> {
  const timeUp = new AbortController();
  const opened = new Promise<Tried>((resolve) => {
    openStream({
      ...probe,
      auth,
      handshakeTimeoutMs: timeoutMs,
      signal: timeUp.signal,
      onOpen: () => resolve("open"),
      onFrame: () => undefined,
      onClose: resolve,
    });
  });
  const late = sleep(timeoutMs * 2, { kind: "silent" } as const, { ref: false, signal: timeUp.signal });
  // The abort closes the stream; the sleep that it ends has nobody left who listens.
  late.catch(() => undefined);
  return Promise.race([opened, late]).finally(() => timeUp.abort());
}

/** Why a stream does not stand. */
export function endWords(end: StreamEnd): string {
  if (end.kind === "refused") return `refuses the upgrade (${end.status}${end.message && `: ${end.message}`})`;
  if (end.kind === "network") return end.message;
  return end.kind === "closed" ? `closes at once (${end.code})` : "does not answer";
}
