import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A block of a page between fences. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** From 1; of the opening fence. */
  readonly line: number;
}

/** A page in Markdown, by its path from the root. */
export class Page {
  readonly path: string;
  readonly text: string;

  constructor(path: string) {
    this.path = path;
    this.text = readFileSync(join(root, path), "utf8");
  }

  /** The blocks of one language, or all; those in lists come without their indentation. */
  blocks(language?: string): Block[] {
    return [...this.text.matchAll(fenced)]
      .map(({ 1: indent = "", 2: found = "", 3: text = "", index }) => ({
        language: found,
        text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
        line: this.text.slice(0, index).split("\n").length,
      }))
      .filter((block) => language === undefined || block.language === language);
  }

  /** The rows of all tables under a heading (`## Title`), its deeper headings included, as cells. */
  rows(heading: string): string[][] {
    return [...this.section(heading).matchAll(/^\|(.*)\|$/gm)]
      .map(([, row = ""]) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
      .filter((cells) => !cells.every((cell) => /^:?-*:?$/.test(cell)));
  }

  /** The text under a heading, up to the next one of its rank. Throws where there is none. */
  section(heading: string): string {
    const [, after] = `\n${this.text}`.split(`\n${heading}\n`);
    if (after === undefined) throw new Error(`${this.path} has no "${heading}"`);
    const rank = heading.replace(/ .*$/s, "");
    return after.split(new RegExp(`^#{1,${rank.length}} `, "m"))[0] ?? "";
  }

  /** The anchors of its headings, as GitHub makes them. */
  anchors(): string[] {
    return [...this.#prose().matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    );
  }

  /** Its links to places in this checkout, as written. */
  relativeLinks(): string[] {
    const prose = this.#prose().replaceAll(/`[^`\n]*`/g, "");
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => to).filter((to) => !/^[a-z]+:/.test(to));
  }

  /** What is wrong with one of its links; undefined where it leads somewhere. */
  problemWith(link: string): string | undefined {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? this.path : relative(root, resolve(root, dirname(this.path), path));
    if (!existsSync(join(root, target))) return `there is no ${target}`;
    const isThere = anchor === undefined || new Page(target).anchors().includes(anchor);
    return isThere ? undefined : `${target} has no heading for #${anchor}`;
  }

  #prose(): string {
    return this.text.replaceAll(fenced, "");
  }
}

const fenced = /^([ ]*)```(\w*)\n([\s\S]*?)^\1```$/gm;

/** Every page that is written for people: at the root and under docs/. */
export const pages: readonly Page[] = [".", "docs", "docs/decisions"]
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
  .filter((path) => path.endsWith(".md"))
  .map((path) => new Page(path));

/** The names in backticks in the first column, without a head's. */
export function namesIn(rows: readonly (readonly string[])[]): string[] {
  return rows
    .flatMap(([first = ""]) => first)
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? ""));
}
