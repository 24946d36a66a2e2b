/** One event as the streaming server sent it, its payload parsed. */
export interface StreamFrame {
  /** Where it belongs: `["user"]`, `["hashtag", "cats"]`, `["list", "7"]`. */
  streams: string[];
  /** `update`, `notification`, `delete` and so on; servers add new ones. */
  event: string;
  /** An entity; with `delete` and `announcement.delete` a bare id; undefined where the event says it all. */
  payload: unknown;
}

/** The server's refusal of a subscription, inside the open socket. */
export interface StreamRefusal {
  status: number | undefined;
  message: string;
}

/** Why a message was passed over. */
export type Noise = "binary" | "not_json" | "no_event" | "payload";

/** What a message turned out to be. */
type StreamMessage =
  | { readonly kind: "frame"; readonly frame: StreamFrame }
  | { readonly kind: "refusal"; readonly refusal: StreamRefusal }
  | { readonly kind: "noise"; readonly noise: Noise };

/**
 * Reads one text message of the streaming API.
 * @see https://docs.joinmastodon.org/methods/streaming/#events
 */
export function parseMessage(text: string): StreamMessage {
  const message = parsed(text);
  if (typeof message !== "object" || message === null) return { kind: "noise", noise: "not_json" };
  if ("event" in message && typeof message.event === "string") {
    const raw = "payload" in message ? message.payload : undefined;
    const payload = payloadOf(raw);
    if (payload === unreadable) return { kind: "noise", noise: "payload" };
    const streams = streamsOf("stream" in message ? message.stream : undefined);
    return { kind: "frame", frame: { streams, event: message.event, payload } };
  }
  if ("error" in message && typeof message.error === "string") {
    const status = "status" in message && typeof message.status === "number" ? message.status : undefined;
    return { kind: "refusal", refusal: { status, message: message.error } };
  }
  return { kind: "noise", noise: "no_event" };
}

const unreadable = Symbol("unreadable");

/** JSON inside a string; anything that does not begin as an object or a list is an id and stays text. */
function payloadOf(raw: unknown): unknown {
  if (typeof raw !== "string") return raw ?? undefined;
  const first = raw.charCodeAt(0);
  if (first !== 0x7b && first !== 0x5b) return raw;
  const value = parsed(raw);
  return value === undefined ? unreadable : value;
}

function streamsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
