import type { NetworkFailure } from "../errors.js";

const failureByCode: ReadonlyMap<string, NetworkFailure> = new Map([
  ["ENOTFOUND", "dns"],
  ["EAI_AGAIN", "dns"],
  ["EAI_FAIL", "dns"],
  ["EAI_NODATA", "dns"],
  ["EAI_NONAME", "dns"],
  ["ENODATA", "dns"],
  ["ECONNREFUSED", "refused"],
  ["EHOSTUNREACH", "refused"],
  ["ENETUNREACH", "refused"],
  ["EHOSTDOWN", "refused"],
  ["EADDRNOTAVAIL", "refused"],
  ["ETIMEDOUT", "timeout"],
  ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
  ["UND_ERR_HEADERS_TIMEOUT", "timeout"],
  ["UND_ERR_BODY_TIMEOUT", "timeout"],
  ["ECONNRESET", "cut"],
  ["ECONNABORTED", "cut"],
  ["EPIPE", "cut"],
  ["UND_ERR_SOCKET", "cut"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "cut"],
  ["HPE_INVALID_EOF_STATE", "cut"],
  ["UND_ERR_HEADERS_OVERFLOW", "too_large"],
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "too_large"],
  ["WS_ERR_TOO_MANY_BUFFERED_PARTS", "too_large"],
  ["UND_ERR_DESTROYED", "aborted"],
  ["UND_ERR_CLOSED", "aborted"],
  ["EPROTO", "certificate"],
  ["HOSTNAME_MISMATCH", "certificate"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "certificate"],
]);
/** OpenSSL's verdicts, and Node's on the handshake: nothing of HTTP was sent when they come. */
const certificateCode = /CERT|^ERR_(?:TLS|SSL)_/;

/** What a library's network error is about, reduced to what may be shown: its kind and its code. */
interface Cause {
  failure: NetworkFailure;
  /** Stable, such as `ECONNREFUSED`. */
  code: string | undefined;
}

/** Sorts an error of undici, ws or Node by its code; its text and its fields are not carried on. */
export function causeOf(error: unknown): Cause {
  const code = codeOf(error);
  if (code === undefined) return { failure: "other", code };
  const known = failureByCode.get(code);
  if (known !== undefined) return { failure: known, code };
  return { failure: certificateCode.test(code) ? "certificate" : "other", code };
}

/**
 * A stand-in for a library's error that is safe to print: undici's parse errors hold what the server sent, TLS
 * errors the whole certificate.
 */
export function printableCause({ code }: Cause): Error | undefined {
  return code === undefined ? undefined : Object.assign(new Error(code), { code });
}

/** Text of a server that may end up in an error or a log: should it quote the token, the token is blotted out. */
export function withoutToken(text: string, token: string | undefined): string {
  return token === undefined || token === "" ? text : text.replaceAll(token, "[token]");
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("code" in error && typeof error.code === "string" && /^[A-Z0-9_]{1,64}$/.test(error.code)) return error.code;
  // Happy eyeballs: one error for each address that was tried.
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}
