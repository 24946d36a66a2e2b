import { findByHandle } from "./people.js";
import type { Person } from "./records.js";
import type { World } from "./world.js";

const linkPattern = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]']/giu;
const mentionPattern = /(?<![=/\w])@([a-z0-9_]+)(?:@([a-z0-9.-]+[a-z0-9](?::\d+)?))?/giu;
const tagPattern = /(?<![=/)\w])#([\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*)/giu;

/** What a text refers to. */
export interface References {
  readonly mentions: Person[];
  /** Lower case, without the sign. */
  readonly tags: string[];
}

/** Finds mentioned people and hashtags, each once, in order. */
export function referencesIn(world: World, text: string): References {
  const withoutLinks = text.replace(linkPattern, " ");
  const mentions = new Set<Person>();
  for (const [handle] of withoutLinks.matchAll(mentionPattern)) {
    const person = findByHandle(world, handle);
    if (person !== undefined) mentions.add(person);
  }
  const tags = new Set<string>();
  for (const match of withoutLinks.matchAll(tagPattern)) tags.add((match[1] ?? "").toLowerCase());
  return { mentions: [...mentions], tags: [...tags] };
}

/** A status' text as the HTML that Mastodon makes of it. */
export function contentHtml(world: World, text: string): string {
  if (text.trim() === "") return "";
  return text
    .trim()
    .split(/\n{2,}/)
    .map(
      (paragraph) =>
        `<p>${paragraph
          .split("\n")
          .map((line) => lineHtml(world, line))
          .join("<br />")}</p>`,
    )
    .join("");
}

/** The length of a status as Mastodon counts it: grapheme clusters, a URL as 23, a mention as `@user`. */
export function countedLength(text: string): number {
  const counted = text
    .replace(linkPattern, "x".repeat(23))
    .replace(mentionPattern, (_handle, name: string) => `@${name}`);
  return graphemes(counted);
}

/** The number of code points in a text, as databases count characters. */
export const codePoints = (text: string): number => Array.from(text).length;

/** The number of grapheme clusters in a text. */
export function graphemes(text: string): number {
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe inside HTML, also inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

function lineHtml(world: World, line: string): string {
  let html = "";
  let from = 0;
  for (const match of line.matchAll(linkPattern)) {
    html += wordsHtml(world, line.slice(from, match.index)) + linkHtml(match[0]);
    from = match.index + match[0].length;
  }
  return html + wordsHtml(world, line.slice(from));
}

function linkHtml(link: string): string {
  const [scheme = ""] = /^https?:\/\/(?:www\.)?/i.exec(link) ?? [];
  const shown = link.slice(scheme.length, scheme.length + 30);
  const rest = link.slice(scheme.length + 30);
  const shortened = rest === "" ? "" : "ellipsis";
  return (
    `<a href="${escapeHtml(link)}" target="_blank" rel="nofollow noopener" translate="no">` +
    `<span class="invisible">${scheme}</span><span class="${shortened}">${escapeHtml(shown)}</span>` +
    `<span class="invisible">${escapeHtml(rest)}</span></a>`
  );
}

/** Mentions and hashtags never contain what has to be escaped, so the text is escaped first. */
function wordsHtml(world: World, words: string): string {
  return escapeHtml(words)
    .replace(mentionPattern, (handle: string) => {
      const person = findByHandle(world, handle);
      if (person === undefined) return handle;
      const href = `${world.base}/@${person.username}`;
      return `<span class="h-card" translate="no"><a href="${href}" class="u-url mention">@<span>${person.username}</span></a></span>`;
    })
    .replace(tagPattern, (_sign, name: string) => {
      const href = `${world.base}/tags/${encodeURIComponent(name.toLowerCase())}`;
      return `<a href="${href}" class="mention hashtag" rel="tag">#<span>${name}</span></a>`;
    });
}
