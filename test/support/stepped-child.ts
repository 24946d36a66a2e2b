import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

/**
 * A real process that a test lets go as far as a step and kills there. Its program takes its settings as JSON in the
 * first argument, says `ready`, waits for a line, says the step at which it stops for good, or ends with JSON.
 */
export class SteppedChild<Step extends string, Ended> {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
    if (child.stdout === null) throw new TypeError("the process has no output to read");
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Starts one, from a program as `builtProgram` makes it, that is about to begin. */
  static async start<Step extends string, Ended>(
    program: string,
    settings: unknown,
  ): Promise<SteppedChild<Step, Ended>> {
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      stdio: ["pipe", "pipe", "inherit"],
      // The next process begins sooner with what this one has compiled.
      env: { ...process.env, NODE_COMPILE_CACHE: join(dirname(program), "compiled") },
    });
    const killIt = () => child.kill("SIGKILL");
    process.once("exit", killIt);
    child.once("exit", () => process.off("exit", killIt));
    // One that was killed does not read what is written to it.
    child.stdin.on("error", () => undefined);
    const self = new SteppedChild<Step, Ended>(child);
    const first = await self.said();
    if (first !== "ready") throw new Error(`the process said ${first}`);
    return self;
  }

  /** Lets it begin. */
  go(): void {
    this.#child.stdin?.write("go\n");
  }

  /** Begins and waits until it has stopped at its step. */
  async stopped(step: Step): Promise<void> {
    this.go();
    const said = await this.said();
    if (said !== step) throw new Error(`it should have stopped at ${step}, but said ${said}`);
  }

  /** How it ended; undefined where it was killed before. */
  async ended(): Promise<Ended | undefined> {
    const said = await this.said();
    await this.#exited;
    return said === undefined ? undefined : (JSON.parse(said) as Ended);
  }

  /** Stops it, as a machine that is suspended does, or lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** The next that it says: a step, or how it ended; undefined once it has said all. */
  async said(): Promise<string | undefined> {
    const { done, value } = await this.#lines.next();
    return done === true ? undefined : value;
  }
}
