import { type Document, LineCounter, parseDocument, type YAMLError } from "yaml";
import { Mistakes } from "./mistakes.js";

/** Parses YAML 1.2; throws ConfigError with all that the parser reports, each with what would be right. */
export function parseYaml(file: string, text: string): { document: Document; mistakes: Mistakes } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: "core",
    prettyErrors: false,
    // Found while the tree is built, where the first of the two can be named.
    uniqueKeys: false,
  });
  const mistakes = new Mistakes(file, lines);
  reportControlCharacter(text, mistakes);
  reportSyntax(text, document.errors, mistakes);
  mistakes.throwIfAny();
  for (const warning of document.warnings) {
    // Tags are refused while the tree is built, known ones too.
    if (warning.code !== "TAG_RESOLVE_FAILED") mistakes.at(warning.pos[0], wording(warning));
  }
  return { document, mistakes };
}

/** YAML forbids control characters, the parser lets them through; they have no place in a header or a log. */
function reportControlCharacter(text: string, mistakes: Mistakes): void {
  const offset = text.search(/[^\P{Cc}\t\n\r\u0085]/u);
  if (offset >= 0) mistakes.at(offset, "a control character stands here: take it out");
}

function reportSyntax(text: string, errors: readonly YAMLError[], mistakes: Mistakes): void {
  const slippedLines = new Set<number>();
  let tooDeep = false;
  for (const error of errors) {
    const offset = error.pos[0];
    const line = mistakes.lineOf(offset);
    if (error.code === "RESOURCE_EXHAUSTION") {
      // Reported once per level on the way out.
      if (!tooDeep) mistakes.at(offset, wording(error));
      tooDeep = true;
    } else if (text[offset] === "{" && text[offset - 1] === "$") {
      // `{ feed: ${URL} }`: the brace opens a map for YAML, and the rest of the line is only a consequence.
      slippedLines.add(line);
      mistakes.at(offset - 1, '${ } inside { } or [ ] reads as another map: put it in quotes, "${NAME}"');
    } else if (!slippedLines.has(line)) mistakes.at(offset, wording(error));
  }
}

function wording(error: YAMLError): string {
  const cure = cures[error.code];
  const what = plainer[error.code] ?? error.message;
  return cure === undefined ? `not YAML: ${what}` : `not YAML: ${what}; ${cure}`;
}

/** Where the parser speaks of itself or to programmers. */
const plainer: Partial<Record<YAMLError["code"], string>> = {
  MULTIPLE_DOCS: "a second document begins",
  RESOURCE_EXHAUSTION: "nested too deeply",
};

const cures: Partial<Record<YAMLError["code"], string>> = {
  ALIAS_PROPS: "write the *name alone",
  BAD_DIRECTIVE: "take the line with % out",
  BAD_DQ_ESCAPE: "write \\\\ for a backslash, or use single quotes",
  BAD_INDENT: "indent with the same number of spaces as the lines it belongs with, and close every [ and {",
  BAD_SCALAR_START: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: "start the inner map on a line of its own, or put a value with a colon in quotes",
  BLOCK_IN_FLOW: "close the [ or { first",
  MISSING_CHAR: "add what is missing",
  MULTILINE_IMPLICIT_KEY: "write key: value, with a colon and a space",
  MULTIPLE_ANCHORS: "keep one &name",
  MULTIPLE_DOCS: "take the --- out, one file holds one fleet",
  RESOURCE_EXHAUSTION: "take levels out",
  TAB_AS_INDENT: "indent with spaces",
  TAG_RESOLVE_FAILED: "take the tag with ! out, or put the value in quotes",
  UNEXPECTED_TOKEN: "check quotes, brackets, colons and indentation here",
};
