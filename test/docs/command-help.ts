import "reflect-metadata";
import { PassThrough } from "node:stream";
import { vi } from "vitest";
import type { Context } from "../../core/cli/context.js";
import { runProgram } from "../../core/cli/program.js";

/** What `--help` says of one command. */
export interface CommandHelp {
  readonly options: ReadonlySet<string>;
  readonly commands: readonly string[];
}

/** The help of every command by its words (`keys list`), the program's own under `""`. */
export async function helpOfAll(words: readonly string[] = []): Promise<Map<string, CommandHelp>> {
  const help = await helpOf(words);
  const found = new Map([[words.join(" "), help]]);
  for (const name of help.commands) for (const entry of await helpOfAll([...words, name])) found.set(...entry);
  return found;
}

async function helpOf(words: readonly string[]): Promise<CommandHelp> {
  const { exitCode } = process;
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  try {
    // Help needs no more of the context.
    const context = { stdout: new PassThrough(), stderr: new PassThrough() } as unknown as Context;
    await runProgram(["node", "bot", ...words, "--help"], "0.0.0", context);
  } finally {
    write.mockRestore();
    process.exitCode = exitCode;
  }
  const text = written.join("");
  const section = (title: string) => text.split(`\n${title}:\n`)[1]?.split(/\n\S/)[0] ?? "";
  const firstWords = (title: string) =>
    [...section(title).matchAll(/^ {2}(\S.*?)(?: {2}|$)/gm)].map(([, all = ""]) => all);
  return {
    options: new Set(firstWords("Options").flatMap((all) => all.match(/(?<![\w-])--?[\w-]+/g) ?? [])),
    commands: firstWords("Commands")
      .map((all) => all.split(" ")[0] ?? "")
      .filter((name) => name !== "help"),
  };
}

/** What is wrong with a command line, its first word left out; undefined where `--help` knows all of it. */
export function problemWith(line: string, help: ReadonlyMap<string, CommandHelp>): string | undefined {
  const words = line.split(/\s+/).filter((word) => word !== "");
  let path = "";
  let here = help.get(path);
  while (here !== undefined && here.commands.includes(words[0] ?? "")) {
    path = `${path} ${words.shift()}`.trim();
    here = help.get(path);
  }
  if (here === undefined || here.commands.length > 0) {
    const isOption = words[0]?.startsWith("-") === true && here?.options.has(words[0]) === true;
    return isOption || (path !== "" && words.length === 0) ? undefined : `there is no command "${words[0]}"`;
  }
  const unknown = words.filter((word) => /^--?[a-z]/.test(word)).find((word) => !here.options.has(word));
  return unknown === undefined ? undefined : `${path} has no option ${unknown}`;
}

const inShell = /(?:^|[\s|(])(?:npx (?:bot|howdah)|(?:exec|run)(?: -T| --rm)? bot bot)((?: [^\s|>&;#)]+)*)/gm;
const inProse = /`(?:(?:npx )?(?:bot|howdah)|docker[ -]compose exec bot bot)((?: [^`\s]+)+)`/g;

/** The command lines of `bot` in a text, without that word. */
export function commandLinesIn(text: string): string[] {
  return [...text.matchAll(inShell), ...text.matchAll(inProse)].map(([, words = ""]) => words.trim()).filter(Boolean);
}
