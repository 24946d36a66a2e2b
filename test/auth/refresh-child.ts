import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Scope } from "../../core/mastodon/scopes.js";
import { builtProgram } from "../support/program.js";

/** Where a process may be told to stop: before the request leaves, with its answer, with the new pair stored. */
export type Step = "held" | "answered" | "stored";

/** What `refresh-process.ts` is told. */
export interface RefreshProcessSettings {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly key: string;
  readonly server: string;
  readonly account: string;
  readonly needed: readonly Scope[];
  readonly leaseMs: number;
  readonly stopAt?: Step;
}

/** How the account stood at its end. */
export interface Ended {
  readonly state: string;
  readonly reason: string;
  readonly generation?: number | undefined;
  readonly accessToken?: string | undefined;
}

let program: Promise<string> | undefined;
const living = new Set<ChildProcess>();
process.once("exit", () => living.forEach((child) => child.kill("SIGKILL")));

/** A process with one account, as long as it lives. */
export class RefreshChild {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
    this.#exited = once(child, "exit");
  }

  /** Starts one that is about to begin. */
  static async start(settings: RefreshProcessSettings): Promise<RefreshChild> {
    program ??= builtProgram("test/auth/refresh-process.ts");
    const child = spawn(process.execPath, [await program, JSON.stringify(settings)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    living.add(child);
    child.once("exit", () => living.delete(child));
    // One that was killed does not read what is written to it.
    child.stdin.on("error", () => undefined);
    const self = new RefreshChild(child, createInterface(child.stdout)[Symbol.asyncIterator]());
    const first = await self.#next();
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
    const said = await this.#next();
    if (said !== step) throw new Error(`it should have stopped at ${step}, but said ${said}`);
  }

  /** How it ended; undefined where it was killed before. */
  async ended(): Promise<Ended | undefined> {
    const said = await this.#next();
    await this.#exited;
    return said === undefined ? undefined : (JSON.parse(said) as Ended);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async #next(): Promise<string | undefined> {
    const { done, value } = await this.#lines.next();
    return done === true ? undefined : value;
  }
}
