import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { afterAll } from "vitest";
import { command } from "./bot-process.js";
import { eventually } from "./eventually.js";
import type { Fleet } from "./fleet.js";

/** Whether this host has util-linux' `script`, which runs a command on a pseudo-terminal. */
export const hasTerminal = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");

const open = new Set<Terminal>();
afterAll(() => open.forEach(({ child }) => child.kill("SIGKILL")));

/** A call of the command on a pseudo-terminal, as an operator makes it. */
export class Terminal {
  readonly child: ChildProcess;
  /** Everything that came, with its control characters. */
  raw = "";
  readonly #closed: Promise<unknown>;
  #read = 0;

  constructor(fleet: Fleet, words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const call = [process.execPath, command, ...words].map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["-qefc", `stty cols 100 rows 40; exec ${call}`, "/dev/null"], {
      cwd: fleet.directory,
      env: { ...fleet.environment, TERM: "xterm", SHELL: "/bin/sh", ...environment },
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.raw += text));
    this.child = child;
    this.#closed = once(child, "close").finally(() => open.delete(this));
    open.add(this);
  }

  /** What an eye reads. */
  get text(): string {
    return stripVTControlCharacters(this.raw).replaceAll("\r", "");
  }

  /** Waits until it shows this after what was waited for before. */
  async shows(words: string): Promise<void> {
    await eventually(`the terminal shows "${words}" after\n${this.text}`, () =>
      this.text.slice(this.#read).includes(words),
    );
    this.#read = this.text.indexOf(words, this.#read) + words.length;
  }

  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** The exit code of the command. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }
}
