import type { RequestParams } from "../mastodon/request.js";
import { isSameText, likeness, type Likeness } from "./post-text.js";
import { at, listAt, textAt, type SeenPost } from "./seen-post.js";

/** A post that was asked for, as far as a server shows again what was asked. */
export interface AskedPost {
  readonly text: string;
  readonly spoilerText: string;
  readonly replyTo: string;
  readonly isDirect: boolean;
  readonly mediaIds: readonly string[];
  readonly pollOptions: readonly string[];
  readonly quoted: string;
}

/** Reads the parameters of `statuses.create`. */
export function askedPost(params: RequestParams): AskedPost {
  return {
    text: textAt(params, "status"),
    spoilerText: textAt(params, "spoiler_text"),
    replyTo: textAt(params, "in_reply_to_id"),
    isDirect: params["visibility"] === "direct",
    mediaIds: listAt(params, "media_ids").map(String),
    pollOptions: listAt(at(params, "poll"), "options").map(String),
    quoted: textAt(params, "quoted_status_id"),
  };
}

/** Whether everything but the words is as asked. */
export function fits(asked: AskedPost, seen: SeenPost): boolean {
  return (
    !seen.isReblog &&
    seen.replyTo === asked.replyTo &&
    seen.isDirect === asked.isDirect &&
    hasMedia(asked.mediaIds, seen.mediaIds) &&
    asked.pollOptions.length === seen.pollOptions.length &&
    asked.pollOptions.every((option, index) => isSameText(option, seen.pollOptions[index] ?? "")) &&
    (seen.quoted === undefined || seen.quoted === asked.quoted)
  );
}

/** Some servers give a file another id once it is attached: ids tell posts apart only where they are known at all. */
function hasMedia(asked: readonly string[], attached: readonly string[]): boolean {
  if (asked.length !== attached.length) return false;
  const known = attached.filter((id) => asked.includes(id)).length;
  return known === asked.length || known === 0;
}

/** How close its words are, as the server renders them. */
export function wordsLike(asked: AskedPost, seen: Pick<SeenPost, "content" | "spoilerText">): Likeness {
  return closest(asked, (text, spoilerText) =>
    least(
      likeness(text, seen.content),
      isSameText(spoilerText, seen.spoilerText) ? "same" : likeness(spoilerText, seen.spoilerText),
    ),
  );
}

/** Whether its words are as asked, by what the server says was typed. */
export function isTypedAs(asked: AskedPost, typed: { readonly text: string; readonly spoilerText: string }): boolean {
  const like = closest(asked, (text, spoilerText) =>
    isSameText(text, typed.text) && isSameText(spoilerText, typed.spoilerText) ? "same" : "other",
  );
  return like === "same";
}

/** A warning without a text becomes the text on Mastodon, and stays a warning elsewhere. */
function closest({ spoilerText, text }: AskedPost, compare: (text: string, spoilerText: string) => Likeness): Likeness {
  const plain = compare(text, spoilerText);
  return plain === "same" || text.trim() !== "" || spoilerText === "" ? plain : compare(spoilerText, "");
}

function least(one: Likeness, other: Likeness): Likeness {
  if (one === "other" || other === "other") return "other";
  return one === "same" && other === "same" ? "same" : "alike";
}
