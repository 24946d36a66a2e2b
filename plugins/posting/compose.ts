/** The parts of a feed's item that a template can name. */
export interface Parts {
  readonly title: string;
  readonly link: string;
  readonly summary: string;
}

const placeholder = /\{(\w+)\}/g;
const address = /https?:\/\/\S+/g;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The length of a post as Mastodon counts it: what a reader sees as one character is one, an address 23. */
export function lengthOf(text: string): number {
  const withoutAddresses = text.replace(address, "-".repeat(23));
  return [...graphemes.segment(withoutAddresses)].length;
}

/** `text` in at most `length` characters, ending in "…" where it was cut. */
export function shorten(text: string, length: number): string {
  const characters = [...graphemes.segment(text)].map(({ segment }) => segment);
  if (characters.length <= length) return text;
  if (length < 2) return "";
  return `${characters
    .slice(0, length - 1)
    .join("")
    .trimEnd()}…`;
}

/** The placeholders of `template` that stand for nothing. */
export function unknownPlaceholders(template: string): string[] {
  return [...template.matchAll(placeholder)].filter(([, name]) => !isPart(name)).map(([written]) => written);
}

/** `template` with its placeholders replaced. */
export function fillTemplate(template: string, parts: Parts): string {
  const filled = template.replace(placeholder, (written, name: string) => (isPart(name) ? parts[name] : written));
  return filled.replace(/\n{3,}/g, "\n\n").trim();
}

/** The post about an item in at most `length` characters: the summary is cut first, then the title, the link never. */
export function compose(template: string, parts: Parts, length: number): string {
  let fitting = parts;
  for (const name of ["summary", "title"] as const) {
    const excess = lengthOf(fillTemplate(template, fitting)) - length;
    if (excess > 0) fitting = { ...fitting, [name]: shortenBy(fitting[name], excess) };
  }
  return fillTemplate(template, fitting);
}

/** Addresses in a title or summary count 23 whatever their length, so characters are taken until the count fits. */
function shortenBy(text: string, excess: number): string {
  const target = lengthOf(text) - excess;
  let shortened = shorten(text, Math.max(0, target));
  while (lengthOf(shortened) > target && shortened !== "") {
    shortened = shorten(shortened, [...graphemes.segment(shortened)].length - 1);
  }
  return shortened;
}

function isPart(name: string | undefined): name is keyof Parts {
  return name === "title" || name === "link" || name === "summary";
}
