import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach } from "vitest";

/** The built command: end-to-end tests run what a user runs. */
export const command = fileURLToPath(new URL("../../dist/core/main.js", import.meta.url));
if (!existsSync(command)) throw new Error("nothing is built: npm run build");

/** What a call of the command came to. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the command is called. */
export interface Call {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Standard input; without it, it is closed. */
  readonly input?: string;
}

const running = new Set<BotProcess>();
const shownLines = 30;
const killAll = () => running.forEach(({ child }) => child.kill("SIGKILL"));
process.once("exit", killAll);
afterAll(killAll);

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    for (const { child, stderr } of running) {
      console.log(`--- bot, process ${child.pid}\n${stderr.split("\n").slice(-shownLines).join("\n")}`);
    }
  });
});

/** Calls the command and waits for its end. */
export async function callBot({ input, ...call }: Call): Promise<Finished> {
  const bot = new BotProcess(call);
  bot.child.stdin?.end(input ?? "");
  const code = await bot.ended();
  return { code, stdout: bot.stdout, stderr: bot.stderr };
}

/** A running call of the command: killed with the test file at the latest, shown when a test fails. */
export class BotProcess {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #closed: Promise<unknown>;

  constructor({ directory, environment, words }: Omit<Call, "input">) {
    const child = spawn(process.execPath, [command, ...words], { cwd: directory, env: environment });
    // A call that ends before it has read its input closes the pipe.
    child.stdin.on("error", () => undefined);
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.child = child;
    this.#closed = once(child, "close").finally(() => running.delete(this));
    running.add(this);
  }

  /** The exit code once it has ended and said everything; null after a signal. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }
}
