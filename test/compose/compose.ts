import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Checks } from "./checks.js";

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One compose project of its own, made of the shipped file and the tests' files. */
export class Compose {
  readonly #command: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;

  /** `files`: what is laid over the shipped file, after the tests' own. */
  constructor(project: string, environment: Readonly<Record<string, string>>, ...files: readonly string[]) {
    const all = ["docker-compose.yml", "test/compose/build.yml", ...files].flatMap((file) => ["-f", file]);
    const program = run(["docker", "compose", "version"]).code === 0 ? ["docker", "compose"] : ["docker-compose"];
    this.#command = [...program, "-p", project, ...all];
    this.#environment = { ...process.env, ...environment, DOCKER_BUILDKIT: "0", COMPOSE_DOCKER_CLI_BUILD: "0" };
  }

  /** Does the work, shows what the containers wrote where a check failed, and takes everything down. */
  async during(checks: Checks, work: () => Promise<void>): Promise<void> {
    const before = checks.failed;
    try {
      await work();
      if (checks.failed > before) console.log(this.#logs());
    } finally {
      this.do("down", "-v", "--remove-orphans", "--rmi", "local");
    }
  }

  /** Throws with what the command said where it fails. */
  do(...words: string[]): string {
    return succeed([...this.#command, ...words], this.#environment);
  }

  /** The command `bot` in the fleet's container. */
  bot(...words: string[]): string {
    return this.do("exec", "-T", "bot", "bot", ...words).trim();
  }

  /** Runs a shell's line where `bot` runs, and gives it an input. */
  shell(line: string, input: string): string {
    return succeed([...this.#command, "exec", "-T", "bot", "sh", "-c", line], this.#environment, input);
  }

  /** Ends the last container of a service as a power cut would; commands run in the first. */
  kill(service: string): void {
    const names = this.#containers("ps", "-q", service).map((id) =>
      succeed(["docker", "inspect", "-f", "{{.Name}}", id]),
    );
    succeed(["docker", "kill", names.toSorted().at(-1)?.trim().slice(1) ?? service]);
  }

  /** Waits until `count` containers run and each is healthy. */
  async healthy(count: number, waitMs: number): Promise<void> {
    await eventually(waitMs, () => {
      const ids = this.#containers("ps", "-q");
      const states = ids.map((id) => run(["docker", "inspect", "-f", "{{.Name}} {{.State.Health.Status}}", id]).stdout);
      const wrong = states.filter((state) => !state.trim().endsWith(" healthy"));
      if (ids.length !== count) throw new Error(`${ids.length} containers, not ${count}`);
      if (wrong.length > 0) throw new Error(wrong.join(", "));
    });
  }

  /** How the containers of a service ended. */
  exitCodes(service: string): string[] {
    const ids = this.#containers("ps", "-a", "-q", service);
    return ids.map((id) => run(["docker", "inspect", "-f", "{{.State.ExitCode}}", id]).stdout.trim());
  }

  /** What the containers wrote last. */
  #logs(): string {
    return run([...this.#command, "logs", "--no-color", "--tail", "60"], this.#environment).stdout;
  }

  #containers(...words: string[]): string[] {
    return this.do(...words)
      .split("\n")
      .filter(Boolean);
  }
}

/** Tries until `attempt` neither throws nor rejects; throws its last error after `waitMs`. */
export async function eventually<T>(waitMs: number, attempt: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(1_000);
    }
  }
}

/** What a program wrote; throws with that where it fails. */
function succeed(words: readonly string[], environment?: NodeJS.ProcessEnv, input?: string): string {
  const { code, stdout, stderr } = run(words, environment, input);
  if (code !== 0) throw new Error(`${words.join(" ")}: exit code ${code}\n${tail(stdout)}\n${tail(stderr)}`);
  return stdout;
}

function run(words: readonly string[], environment: NodeJS.ProcessEnv = process.env, input = ""): Finished {
  const [program = "", ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    encoding: "utf8",
    env: environment,
    input,
    maxBuffer: 2 ** 28,
  });
  return { code: status ?? 1, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function tail(text: string): string {
  return text.trimEnd().split("\n").slice(-40).join("\n");
}
