import { didYouMean } from "./did-you-mean.js";
import type { Issue } from "./read.js";
import type { Location, Node, ScalarNode } from "./tree.js";

/**
 * What is wrong and what would be right, for one thing that a schema refuses; words of the schema's author win.
 * `hint` is the schema's description: what would be right.
 */
export function issueWords(issue: Issue, { found, node }: Location, hint: string | undefined): string {
  if (issue.message !== "") return issue.message;
  if (issue.code === "invalid_key") return issue.issues[0]?.message || "not a key that fits here";
  const wanted = wantedBy(issue);
  if (!found) return `missing: write ${hint ?? wanted}`;
  const isNothing = node.kind === "scalar" && node.value === null;
  if (isNothing && hint !== undefined) return `empty: write ${hint}`;
  const got = shown(node);
  if (issue.code === "invalid_format") return hint === undefined ? `not ${wanted}` : `not ${wanted}: write ${hint}`;
  const choices = choicesOf(issue);
  if (choices !== undefined && node.kind === "scalar" && !isNothing) {
    return `${got} is not known here: ${rightChoice(choices, node)}`;
  }
  if (wanted === typeNames["string"] && isLiteral(node)) return `${got} is not a text: write it in quotes, "${got}"`;
  const isPlural = node.kind !== "scalar" || wanted === typeNames["array"] || wanted === typeNames["object"];
  return `expected ${wanted}, got ${got}${hint !== undefined && isPlural ? `: write ${hint}` : ""}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map",
  record: "a map",
  null: "nothing",
  undefined: "nothing",
};

const formatNames: Readonly<Record<string, string>> = {
  url: "a web address, such as https://example.org",
  email: "an e-mail address, such as ops@example.org",
};

function wantedBy(issue: Issue): string {
  if (issue.code === "invalid_type") return typeNames[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_format") return formatNames[issue.format] ?? wantedFormat(issue);
  const choices = choicesOf(issue);
  if (choices !== undefined) return oneOf(choices);
  if (issue.code !== "invalid_union") return "another value";
  const wanted = new Set(issue.errors.flat().map(wantedBy));
  return wanted.size === 0 ? "another value" : [...wanted].join(" or ");
}

function wantedFormat({ format, pattern }: { readonly format: string; readonly pattern?: string | undefined }): string {
  return format === "regex" && pattern !== undefined ? `a text that matches ${pattern}` : `a valid ${format}`;
}

function choicesOf(issue: Issue): readonly unknown[] | undefined {
  if (issue.code === "invalid_value") return issue.values;
  // The choices of a discriminator are an extra that the type of an issue does not name.
  const isDiscriminator = issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options);
  return isDiscriminator ? issue.options : undefined;
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map(String);
  if (texts.length === 1) return texts.join("");
  return `one of ${texts.slice(0, 12).join(", ")}${texts.length > 12 ? ", …" : ""}`;
}

function rightChoice(choices: readonly unknown[], { value }: ScalarNode): string {
  const near = didYouMean(String(value), choices.map(String));
  return near === undefined ? `write ${oneOf(choices)}` : `did you mean "${near}"?`;
}

function isLiteral(node: Node): boolean {
  return node.kind === "scalar" && typeof node.value !== "string" && node.value !== null;
}

/** As the file has it: what the environment filled in may be a secret, and stays out of messages. */
function shown(node: Node): string {
  if (node.kind !== "scalar") return node.kind === "list" ? "a list" : "a map";
  if (node.value === null) return "nothing";
  if (typeof node.value !== "string") return node.written;
  if (node.fromEnvironment) return `what ${shortened(node.written)} holds`;
  return JSON.stringify(shortened(node.value));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
