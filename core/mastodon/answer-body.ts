import { withoutToken } from "./network-failure.js";

/** How much of a text that is not JSON is kept: enough to recognise a proxy's page. */
const keptText = 2_000;

/** A body that was understood, or why not. */
type AnswerBody =
  | { readonly failure: undefined; readonly value: unknown; readonly isJson: boolean }
  | { readonly failure: "cut" | "not_json" };

const nothing: AnswerBody = { failure: undefined, value: undefined, isJson: false };

/** The chunks of a body as text, without a byte order mark. */
export function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  if (first === undefined) return "";
  const text = (chunks.length === 1 ? first : Buffer.concat(chunks)).toString("utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/**
 * Reads a body by what it is, whatever its content type says: JSON is expected with a success, and anything
 * else is a failure; an error may bring a proxy's page, kept as text. A server that quotes the request in its
 * error must not carry the token into a log, so it is blotted out there.
 */
export function bodyOf(text: string, status: number, token: string | undefined): AnswerBody {
  if (text === "") return nothing;
  const isSuccess = status < 300;
  const safe = isSuccess ? text : withoutToken(text, token);
  try {
    return { failure: undefined, value: JSON.parse(safe), isJson: true };
  } catch {
    if (!isSuccess) return { failure: undefined, value: safe.slice(0, keptText), isJson: false };
    if (text.trim() === "") return nothing;
    return { failure: isOpenJson(text) ? "cut" : "not_json" };
  }
}

/** Whether this began as JSON and stopped before its end: a bracket or a string was still open. */
function isOpenJson(text: string): boolean {
  if (!/^\s*[[{"]/.test(text)) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
  }
  return inString || depth > 0;
}
