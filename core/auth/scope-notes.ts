import { wholeScopes } from "../mastodon/scopes.js";
import type { ServerInfo } from "../mastodon/server-info.js";

const fenced = "what plugins may do is fenced by Howdah all the same";

/**
 * What an operator should know about a server that takes scopes otherwise than asked: one sentence each, with the
 * consequence. Empty where the token permits what was asked for and no more.
 */
export function scopeNotes(
  { software, version }: Pick<ServerInfo, "software" | "version">,
  { asked, granted, needed }: Record<"asked" | "granted" | "needed", readonly string[]>,
): string[] {
  const notes: string[] = [];
  if (software === "gotosocial" && isBefore(version, 0, 19)) {
    notes.push(`GoToSocial before 0.19 ignores scopes: the token permits everything that its person may; ${fenced}`);
  }
  if (software === "friendica") {
    notes.push(`Friendica takes scopes loosely: a token with any scope to read reads everything; ${fenced}`);
  }
  if (software === "mitra") {
    notes.push(`Mitra does not look at scopes: the token permits everything that its person may; ${fenced}`);
  }
  const dropped = asked.filter((scope) => scope.startsWith("admin:") && !granted.includes(scope));
  if ((software === "akkoma" || software === "pleroma") && dropped.length > 0) {
    notes.push(`Akkoma drops admin scopes of people who are not staff: what needs ${dropped.join(" ")} waits`);
  }
  const whole = wholeScopes(needed).join(" ");
  if (whole !== needed.join(" ") && whole === asked.join(" ")) {
    notes.push(`this server knows whole scopes only: the token permits all of ${whole}; ${fenced}`);
  }
  return notes;
}

/** Whether a version, such as `0.18.3+git-1a2b3c4`, comes before another; one that cannot be read does not. */
function isBefore(version: string | undefined, major: number, minor: number): boolean {
  const [, theirMajor = "", theirMinor = ""] = /^v?(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (theirMajor === "") return false;
  return Number(theirMajor) < major || (Number(theirMajor) === major && Number(theirMinor) < minor);
}
