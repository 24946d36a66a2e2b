import type { IncomingMessage } from "node:http";

import { withoutToken } from "./network-failure.js";

const keptBytes = 4_096;
const keptText = 200;

/**
 * Finds why an upgrade was refused: `X-Error-Message` on Mastodon, else the `error` of a JSON body, else the
 * status line. Bounded in size; the caller's timer bounds it in time.
 */
export function readRefusal(response: IncomingMessage, token: string, done: (why: string) => void): void {
  const status = response.statusCode ?? 0;
  const said = response.headers["x-error-message"];
  const finish = (text: string) => done(printable(text, token));
  if (typeof said === "string" && said !== "") return finish(said);
  const location = response.headers.location;
  if (location !== undefined && status >= 300 && status < 400) return finish(`redirects to ${originOf(location)}`);
  const chunks: Buffer[] = [];
  let size = 0;
  const end = () => finish(reasonIn(Buffer.concat(chunks).toString("utf8")) ?? statusLine(response, token));
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= keptBytes) chunks.push(chunk);
    else response.destroy();
  });
  response.on("error", () => {});
  response.on("close", end);
}

/** The text beside the status: what stands for the reason until there is a better one. */
export function statusLine(response: IncomingMessage, token: string): string {
  return printable(response.statusMessage ?? "", token);
}

function reasonIn(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
    return typeof body.error === "string" ? body.error : undefined;
  } catch {
    return undefined;
  }
}

function originOf(location: string): string {
  return URL.canParse(location) ? new URL(location).origin : "another path";
}

/** One short line without control characters and without the token. */
function printable(text: string, token: string): string {
  return withoutToken(text, token)
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, keptText);
}
