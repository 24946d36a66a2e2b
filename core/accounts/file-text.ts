import { readFile, stat } from "node:fs/promises";
import { ConfigError } from "../errors.js";

const largestBytes = 32 * 1024 * 1024;

/** Reads the operator's file as text; throws ConfigError where it is missing, no file, unreadable or not UTF-8. */
export async function readFileText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wholeFile(file, "not UTF-8: save the file in that encoding");
  }
}

async function readBytes(file: string): Promise<Buffer> {
  let refusal: string | undefined;
  try {
    const found = await stat(file);
    if (found.isDirectory()) refusal = "a directory, not a file: name the file in it";
    // A pipe is fine: `--accounts <(sops -d accounts.yaml)`.
    else if (!found.isFile() && !found.isFIFO()) refusal = "not a file: name one that holds the accounts";
    else if (found.size > largestBytes) refusal = "larger than 32 MiB: this is hardly a list of accounts";
    else return await readFile(file);
  } catch (error) {
    refusal = whyUnreadable(error);
  }
  throw wholeFile(file, refusal);
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
  if (code === "ENOENT") return "not found: write this file, or name another with --accounts FILE";
  if (code === "EACCES" || code === "EPERM") return "may not be read: give this user the permission to read it";
  return `cannot be read (${code}): name a readable file with --accounts FILE`;
}

function wholeFile(file: string, message: string): ConfigError {
  return new ConfigError([{ file, line: 0, column: 0, message }]);
}
