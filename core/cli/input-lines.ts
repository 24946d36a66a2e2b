import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { HowdahError } from "../errors.js";

/** Standard input line by line. It is opened when the first line is asked for, so that a terminal stays untouched. */
export class InputLines {
  readonly #input: Readable;
  #open: { readonly reader: Interface; readonly lines: AsyncIterator<string> } | undefined;

  constructor(input: Readable) {
    this.#input = input;
  }

  /** Throws CODE_REFUSED where there is none left. */
  async next(): Promise<string> {
    this.#open ??= this.#begin();
    const line = await this.#open.lines.next();
    if (line.done !== true) return line.value;
    throw new HowdahError("CODE_REFUSED", "standard input holds no code", {
      cure: "pipe it in, or use --url and --code",
    });
  }

  /** Lets go of the input: the process may end although somebody still holds the other end open. */
  close(): void {
    this.#open?.reader.close();
  }

  #begin() {
    const reader = createInterface({ input: this.#input });
    return { reader, lines: reader[Symbol.asyncIterator]() };
  }
}
