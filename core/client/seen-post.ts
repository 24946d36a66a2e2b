/** A post as a server shows it, reduced to what can be compared with what was asked for. */
export interface SeenPost {
  readonly id: string;
  /** In milliseconds since the epoch, by the server's clock. */
  readonly createdAt: number;
  readonly isEdited: boolean;
  readonly isReblog: boolean;
  readonly isDirect: boolean;
  /** HTML. */
  readonly content: string;
  readonly spoilerText: string;
  /** What was typed, where the server shows it to the author. */
  readonly source: string | undefined;
  readonly replyTo: string;
  readonly mediaIds: readonly string[];
  readonly pollOptions: readonly string[];
  /** Undefined where the server says nothing of a quote. */
  readonly quoted: string | undefined;
}

/** Reads a status as it came, whatever the server made of it; undefined for what is none. */
export function seenPost(body: unknown): SeenPost | undefined {
  const [id, createdAt] = [textAt(body, "id"), Date.parse(textAt(body, "created_at"))];
  if (id === "" || Number.isNaN(createdAt)) return undefined;
  return {
    id,
    createdAt,
    isEdited: textAt(body, "edited_at") !== "",
    isReblog: isObject(at(body, "reblog")),
    isDirect: textAt(body, "visibility") === "direct",
    content: textAt(body, "content"),
    spoilerText: textAt(body, "spoiler_text"),
    source: sourceIn(body),
    replyTo: textAt(body, "in_reply_to_id"),
    mediaIds: listAt(body, "media_attachments").map((media) => textAt(media, "id")),
    pollOptions: listAt(at(body, "poll"), "options").map((option) => textAt(option, "title")),
    quoted: quotedIn(at(body, "quote")),
  };
}

/** Mastodon and GoToSocial show it in `text` where they show it at all, Akkoma and Pleroma in corners of their own. */
function sourceIn(body: unknown): string | undefined {
  const places = [
    at(body, "text"),
    at(at(at(body, "akkoma"), "source"), "content"),
    at(at(at(body, "pleroma"), "content"), "text/plain"),
  ];
  return places.find((value) => typeof value === "string");
}

function quotedIn(quote: unknown): string | undefined {
  const id = textAt(at(quote, "quoted_status"), "id") || textAt(quote, "quoted_status_id");
  return id === "" ? undefined : id;
}

/** A member of an object that a server sent; undefined where there is none. */
export function at(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A member as text: empty where there is none. Ids come as numbers from some servers. */
export function textAt(value: unknown, name: string): string {
  const member = at(value, name);
  return typeof member === "string" || typeof member === "number" ? String(member) : "";
}

/** A member as a list: empty where there is none. */
export function listAt(value: unknown, name: string): readonly unknown[] {
  const member = at(value, name);
  return Array.isArray(member) ? member : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
