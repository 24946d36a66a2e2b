import { Parser } from "htmlparser2";

/** How close a rendered text is to a source: `same` to the letter, `alike` where mark-up may explain what differs. */
export type Likeness = "same" | "alike" | "other";

/**
 * Compares what was asked to be posted with the HTML that a server made of it. Servers show `@name@host` as `@name`,
 * set white space their own way, shorten links, and some read the text as Markdown.
 */
export function likeness(source: string, html: string): Likeness {
  const rendered = textsOf(html);
  if (comparable(source) === comparable(rendered.whole)) return "same";
  const words = wordsOf(source);
  if (words === "") return "other";
  const hasWords = words === wordsOf(rendered.whole) || words === wordsOf(rendered.withoutLinks);
  return hasWords && linksIn(source).every((link) => rendered.links.has(link)) ? "alike" : "other";
}

/** Whether two plain texts are the same for a server that trims and that fills in hosts. */
export function isSameText(one: string, other: string): boolean {
  return comparable(one) === comparable(other);
}

function comparable(text: string): string {
  return withoutHosts(text.normalize("NFC")).replaceAll(/\s+/g, " ").trim();
}

/** Letters, numbers and emoji alone: neither mark-up nor links nor white space. */
function wordsOf(text: string): string {
  return withoutHosts(text.normalize("NFKC"))
    .replaceAll(link, "")
    .toLowerCase()
    .replaceAll(/[\s\p{P}\p{C}\p{M}$+<=>^`|~]/gu, "");
}

function withoutHosts(text: string): string {
  return text.replaceAll(/@([\w.-]+)@[\w.-]+/g, "@$1");
}

const link = /https?:\/\/[^\s<>"]+/gi;

function linksIn(text: string): string[] {
  return [...text.matchAll(link)].map(([address]) => comparableLink(address));
}

/** Without what may belong to the sentence around it. */
function comparableLink(address: string): string {
  const bare = address.replace(/[\p{P}~`]+$/u, "");
  return (URL.canParse(bare) ? new URL(bare).href : bare).replace(/\/$/, "");
}

interface Texts {
  readonly whole: string;
  readonly withoutLinks: string;
  readonly links: ReadonlySet<string>;
}

/** Links to people and hashtags are words, not links. */
function textsOf(html: string): Texts {
  let [whole, withoutLinks, inLink] = ["", "", ""];
  let isInLink = false;
  const links = new Set<string>();
  const add = (text: string) => {
    whole += text;
    if (isInLink) inLink += text;
    else withoutLinks += text;
  };
  const parser = new Parser(
    {
      ontext: add,
      onopentag: (name, { alt, href }) => {
        if (name === "br" || name === "p" || name === "li") add("\n");
        // Some servers draw custom emoji already.
        if (name === "img" && alt !== undefined) add(alt);
        if (name !== "a") return;
        isInLink = true;
        inLink = "";
        if (href !== undefined) links.add(comparableLink(href));
      },
      onclosetag: (name) => {
        if (name !== "a") return;
        isInLink = false;
        if (/^\s*[@#]/.test(inLink)) withoutLinks += inLink;
      },
    },
    { decodeEntities: true },
  );
  parser.end(html);
  for (const address of linksIn(whole)) links.add(address);
  return { whole, withoutLinks, links };
}
