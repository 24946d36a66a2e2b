import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const bot = fileURLToPath(new URL("../dist/core/main.js", import.meta.url));
const graceMs = 20_000;

/** Calls of the command `bot`, each in a process group of its own: Ctrl-C reaches them through `end` only. */
export class Processes {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #logFile: string;
  readonly #running: ChildProcess[] = [];
  #ending = false;

  /** What those that stay write to standard error is appended to `logFile`. */
  constructor(environment: Readonly<Record<string, string | undefined>>, logFile: string) {
    this.#environment = environment;
    this.#logFile = logFile;
  }

  /** Starts one that stays and answers the first line of its output; `onEnd` is called if it ends by itself. */
  async start(words: readonly string[], onEnd: (why: string) => void): Promise<string> {
    const { child, stderr, stdout } = this.#spawn(words);
    stderr.pipe(createWriteStream(this.#logFile, { flags: "a" }));
    child.once("exit", (code, signal) => {
      if (!this.#ending) onEnd(`bot ${words[0]} ended by itself (${signal ?? `exit code ${code}`})`);
    });
    if (words[0] === "run") return ""; // All that it says is its log.
    for await (const line of createInterface({ input: stdout })) return line;
    throw new Error(`bot ${words[0]} ended before it said anything`);
  }

  /** Runs one to its end and answers its output. Throws with what it complained of. */
  async run(...words: string[]): Promise<string> {
    const { child, stderr, stdout } = this.#spawn(words);
    const [output, complaint] = await Promise.all([text(stdout), text(stderr), once(child, "close")]);
    if (child.exitCode === 0) return output.trim();
    throw new Error(`bot ${words.join(" ")} failed\n${complaint.trim()}`);
  }

  /** Ends what still runs, last started first; what does not end in time is killed. */
  async end(): Promise<void> {
    this.#ending = true;
    for (const child of this.#running.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
    }
  }

  #spawn(words: readonly string[]) {
    const child = spawn(process.execPath, [bot, ...words], {
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#running.push(child);
    const { stderr, stdout } = child;
    return { child, stderr, stdout };
  }
}
