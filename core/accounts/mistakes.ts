import type { LineCounter } from "yaml";
import { ConfigError, type Problem } from "../errors.js";

/** Gathers the mistakes of one file; the same mistake at the same place counts once. */
export class Mistakes {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #problems = new Map<string, Problem>();

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  /** Notes a mistake; `offset` counts the file's characters from 0. */
  at(offset: number, message: string): void {
    const { line, col: column } = this.#lines.linePos(offset);
    // A plugin's own text may have several lines; a mistake is one.
    const oneLine = message.trim().replaceAll(/\s*\n\s*/g, " ");
    this.#problems.set(`${line}:${column}:${oneLine}`, { file: this.#file, line, column, message: oneLine });
  }

  /** The line (from 1) of an offset. */
  lineOf(offset: number): number {
    return this.#lines.linePos(offset).line;
  }

  /** All that was gathered as one error, in the file's order. */
  asError(): ConfigError {
    const problems = [...this.#problems.values()];
    return new ConfigError(problems.toSorted((a, b) => a.line - b.line || a.column - b.column));
  }

  /** Throws what was gathered; nothing happens where there is no mistake. */
  throwIfAny(): void {
    if (this.#problems.size > 0) throw this.asError();
  }
}
