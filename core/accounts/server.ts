/** A server as accounts.yaml names it, or what is wrong with that. */
export interface ServerReading {
  readonly origin?: string;
  readonly problem?: string;
  /** On loopback, or over http: nobody there needs the operator's contact. Undefined where it cannot be told. */
  readonly isTest: boolean | undefined;
}

const example = "https://mastodon.social";

/** URL has normalized the host: 127.1 is 127.0.0.1 here, and IPv6 stands in brackets. */
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether a server is on this machine. */
export function isOnLoopback(origin: string): boolean {
  return loopback.test(new URL(origin).hostname);
}

/** Reads a server's origin. Messages never repeat what was written: it may hold a password. */
export function readServer(text: string, allowHttp: boolean): ServerReading {
  const hasScheme = text.includes("://");
  const address = hasScheme ? text : `https://${text.replace(/^\/+/, "")}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === "") {
    return { problem: `not an address: write one such as ${example}`, isTest: undefined };
  }
  const isLoopback = loopback.test(url.hostname);
  if (!hasScheme) {
    const scheme = isLoopback ? "http://" : "https://";
    return { problem: `${scheme} is missing: write ${scheme}${url.host}`, isTest: isLoopback };
  }
  return readAddress(url, isLoopback, allowHttp);
}

function readAddress(url: URL, isLoopback: boolean, allowHttp: boolean): ServerReading {
  const isHttp = url.protocol === "http:";
  const https = `https://${url.host}`;
  if (!isHttp && url.protocol !== "https:") {
    return { problem: `${url.protocol}// is not for servers: write ${https}`, isTest: isLoopback };
  }
  if (isHttp && !isLoopback && !allowHttp) {
    const problem = `http:// sends the token in clear: write ${https}, or allow_http: true for a test server`;
    return { problem, isTest: undefined };
  }
  const isTest = isLoopback || isHttp;
  if (url.username !== "" || url.password !== "") {
    return { problem: `a user or a password does not belong here: write ${url.origin}`, isTest };
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return { problem: `only the origin is wanted, nothing behind it: write ${url.origin}`, isTest };
  }
  return { origin: url.origin, isTest };
}
