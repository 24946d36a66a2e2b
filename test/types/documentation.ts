import { readFileSync } from "node:fs";

const fence = /^```(\w+)\n([\s\S]*?)^```$/gm;

/** The blocks of one language in `docs/plugins.md`. */
export function blocksInGuide(language: string): string[] {
  return [...guide().matchAll(fence)].filter(([, tag]) => tag === language).map(([, , text = ""]) => text);
}

/** The text of `docs/plugins.md`. */
export function guide(): string {
  return readFileSync(new URL("../../docs/plugins.md", import.meta.url), "utf8");
}
