import type { IncomingMessage } from "node:http";
import qs from "qs";
import { Refusal } from "../refusal.js";
import { isValues } from "../operations/parameters.js";

type Values = Record<string, unknown>;

const nesting: qs.IParseOptions & { decoder?: never } = { depth: 4, arrayLimit: 1000, parameterLimit: 2000 };

/** A query or form with nested names such as `id[]` and `poll[options][]`, taken apart. */
export function parseForm(text: string): Values {
  return qs.parse(text, nesting);
}

/** The largest body without files, in bytes. */
const mostText = 1_048_576;
/** The largest body with files, in bytes. */
const mostFiles = 104_857_600;

/** The body of a request as values: JSON, a form, or a form with files; throws 400 for JSON that is none. */
export async function parseBody(incoming: IncomingMessage): Promise<Values> {
  const header = incoming.headers["content-type"] ?? "";
  const type = header.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "multipart/form-data") return parseMultipart(await readBody(incoming, mostFiles), header);
  const text = (await readBody(incoming, mostText)).toString();
  if (text.trim() === "") return {};
  if (type === "application/json" || type.endsWith("+json")) return parseJson(text);
  return type === "" || type === "application/x-www-form-urlencoded" ? parseForm(text) : {};
}

/** The text of a body of ordinary size. */
export async function readText(incoming: IncomingMessage): Promise<string> {
  return (await readBody(incoming, mostText)).toString();
}

/** Throws 413 for a body that is too large; what still comes of it is let through unread. */
async function readBody(incoming: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else reject(new Refusal(413, "Payload Too Large"));
    });
    incoming.on("end", resolve);
    incoming.on("error", () => reject(new Refusal(400, "The request broke off")));
  });
  return Buffer.concat(chunks);
}

function parseJson(text: string): Values {
  try {
    const parsed: unknown = JSON.parse(text);
    return isValues(parsed) ? { ...parsed } : {};
  } catch {
    throw new Refusal(400, "Error occurred while parsing request parameters");
  }
}

/** Named fields nest as in a form; a file becomes its bytes and type. */
async function parseMultipart(body: Buffer, contentType: string): Promise<Values> {
  const response = new Response(new Uint8Array(body), { headers: { "Content-Type": contentType } });
  const form = await response.formData().catch(() => undefined);
  if (form === undefined) throw new Refusal(400, "Error occurred while parsing request parameters");
  const fields = new URLSearchParams();
  const files: Values = {};
  for (const [name, value] of form) {
    if (typeof value === "string") fields.append(name, value);
    else files[name] = { contentType: value.type, bytes: new Uint8Array(await value.arrayBuffer()), name: value.name };
  }
  return { ...parseForm(fields.toString()), ...files };
}
