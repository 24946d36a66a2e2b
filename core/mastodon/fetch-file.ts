import { isIP } from "node:net";
import { Agent, request } from "undici";
import { UploadError } from "../errors.js";
import { guardedLookup, isLoopback, isPublic, PrivateAddress } from "./public-address.js";

const mostRedirects = 3;

/** How a file is fetched from an address that somebody else may have written. */
export interface FetchOptions {
  readonly userAgent: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether this machine's own addresses may be asked: where the account's server is there too. */
  readonly allowLoopback: boolean;
}

/**
 * Fetches a file over http or https. Every address is checked, those of redirects and those that names resolve to as
 * well: only the internet is asked, no private network.
 * @throws UploadError
 */
export async function fetchFile(address: string, options: FetchOptions): Promise<Blob> {
  const permitted = (ip: string) => isPublic(ip) || (options.allowLoopback && isLoopback(ip));
  const agent = new Agent({ connect: { lookup: guardedLookup(permitted) }, connections: 1 });
  // Not AbortSignal.timeout: inside `any` nothing holds it, and once it is collected the time is never up.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException("the time is up", "TimeoutError")), options.timeoutMs);
  const signal = AbortSignal.any([options.signal, late.signal]);
  try {
    return await follow(address, { ...options, agent, permitted, signal });
  } catch (error) {
    throw failureOf(error, address);
  } finally {
    clearTimeout(timer);
    await agent.destroy();
  }
}

interface Fetching extends FetchOptions {
  readonly agent: Agent;
  readonly permitted: (ip: string) => boolean;
}

async function follow(start: string, fetching: Fetching): Promise<Blob> {
  const { agent, maxBytes, permitted, signal, userAgent } = fetching;
  let url = addressOf(start, undefined, permitted);
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const answer = await request(url, {
      dispatcher: agent,
      signal,
      headers: { "user-agent": userAgent, accept: "*/*" },
    });
    // What is not read is given up at the end; that is no failure.
    answer.body.on("error", () => undefined);
    const { location } = answer.headers;
    if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === "string") {
      url = addressOf(location, url, permitted);
      // Whoever says where to go has no more to say; the next request would wait for the rest.
      answer.body.destroy();
      continue;
    }
    if (answer.statusCode !== 200) {
      throw new UploadError(`${url.origin} answered ${answer.statusCode} instead of the file`, "unreadable");
    }
    const type = answer.headers["content-type"];
    const chunks = await collect(answer.body, maxBytes);
    return new Blob(chunks, { type: typeof type === "string" ? (type.split(";")[0] ?? "") : "" });
  }
  throw new UploadError(`${new URL(start).origin} redirects without end`, "unreadable");
}

/** Names are checked when they are resolved; an address that stands there itself is not, so it is here. */
function addressOf(text: string, base: URL | undefined, permitted: (ip: string) => boolean): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new UploadError("a file's address is http:// or https://, without a user", "unreadable");
  }
  const host = url.hostname.replaceAll(/[[\]]/g, "");
  if (isIP(host) !== 0 && !permitted(host)) throw new PrivateAddress(host);
  return url;
}

/** The bytes of a stream. Throws UploadError beyond `maxBytes`. */
export async function collect(
  stream: AsyncIterable<Uint8Array, unknown, undefined>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new UploadError(`the file is larger than ${maxBytes} bytes`, "too_large");
    chunks.push(new Uint8Array(chunk));
  }
  return chunks;
}

function failureOf(error: unknown, address: string): UploadError {
  if (error instanceof UploadError) return error;
  const origin = URL.canParse(address) ? new URL(address).origin : "the address";
  if (error instanceof PrivateAddress) {
    return new UploadError(
      `the file is not fetched from ${origin}: that leads into a private network`,
      "private_address",
      {
        cure: "read the file in the plugin itself and hand it over as `file`, if it is meant to be public",
      },
    );
  }
  const failure = error instanceof Error && error.name === "TimeoutError" ? "deadline" : "unreadable";
  return new UploadError(`the file could not be fetched from ${origin}`, failure, { cause: error });
}
