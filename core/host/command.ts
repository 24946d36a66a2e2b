import type { Event } from "../events/event.js";
import { plainText } from "../mastodon/plain-text.js";

/**
 * The words after a command in a mention whose first word, after the names it is addressed to, is `name` with or
 * without `!` or `/` before it. Undefined for other events, and for those of bots: two bots would never stop.
 */
export function commandIn(event: Event, name: string): { readonly args: readonly string[] } | undefined {
  if (event.kind !== "notification" || event.notification.type !== "mention") return undefined;
  const { account, status } = event.notification;
  if (status === undefined || status === null || account.bot) return undefined;
  const words = plainText(status.content).split(/\s+/);
  const first = words.findIndex((word) => !word.startsWith("@"));
  const word = words[first]?.replace(/^[!/]/, "");
  return word?.toLowerCase() === name.toLowerCase() ? { args: words.slice(first + 1) } : undefined;
}
