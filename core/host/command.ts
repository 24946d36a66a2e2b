import type { Event } from "../events/event.js";
import { plainText } from "../mastodon/plain-text.js";
import type { MentionOptions } from "../plugin.js";

/**
 * The words after a command in a mention whose first word, after the names it is addressed to, is `name` with or
 * without `!` or `/` before it. Undefined for other events.
 */
export function commandIn(event: Event, name: string): { readonly args: readonly string[] } | undefined {
  if (event.kind !== "notification" || event.notification.type !== "mention") return undefined;
  const { status } = event.notification;
  if (status === undefined || status === null) return undefined;
  const words = plainText(status.content).split(/\s+/);
  const first = words.findIndex((word) => !word.startsWith("@"));
  const word = words[first]?.replace(/^[!/]/, "");
  return word?.toLowerCase() === name.toLowerCase() ? { args: words.slice(first + 1) } : undefined;
}

/** Whether a handler of mentions gets this event: not of bots and of the account itself, unless it asked for them. */
export function isMentionFor(event: Event, { bots = false, own = false }: MentionOptions, personId: string): boolean {
  if (event.kind !== "notification" || event.notification.type !== "mention") return false;
  const { account } = event.notification;
  return account.id === personId ? own : bots || !account.bot;
}
