import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One compose project of its own, made of the shipped file and the tests' file. */
export class Compose {
  readonly #command: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;

  constructor(project: string, environment: Readonly<Record<string, string>>) {
    const files = ["docker-compose.yml", "test/compose/docker-compose.test.yml"].flatMap((file) => ["-f", file]);
    const program = run(["docker", "compose", "version"]).code === 0 ? ["docker", "compose"] : ["docker-compose"];
    this.#command = [...program, "-p", project, ...files];
    this.#environment = { ...process.env, ...environment, DOCKER_BUILDKIT: "0", COMPOSE_DOCKER_CLI_BUILD: "0" };
  }

  /** Throws with what the command said where it fails. */
  do(...words: string[]): string {
    const { code, stdout, stderr } = run([...this.#command, ...words], this.#environment);
    if (code !== 0) throw new Error(`${words.join(" ")}: exit code ${code}\n${tail(stdout)}\n${tail(stderr)}`);
    return stdout;
  }

  /** The command `bot` in the fleet's container. */
  bot(...words: string[]): string {
    return this.do("exec", "-T", "bot", "bot", ...words).trim();
  }

  /** Waits until `count` containers run and each is healthy. */
  async healthy(count: number, waitMs: number): Promise<void> {
    await eventually(waitMs, () => {
      const ids = this.do("ps", "-q").split("\n").filter(Boolean);
      const states = ids.map((id) => run(["docker", "inspect", "-f", "{{.Name}} {{.State.Health.Status}}", id]).stdout);
      const wrong = states.filter((state) => !state.trim().endsWith(" healthy"));
      if (ids.length !== count) throw new Error(`${ids.length} containers, not ${count}`);
      if (wrong.length > 0) throw new Error(wrong.join(", "));
    });
  }

  /** How the containers of a service ended. */
  exitCodes(service: string): string[] {
    const ids = this.do("ps", "-a", "-q", service).split("\n").filter(Boolean);
    return ids.map((id) => run(["docker", "inspect", "-f", "{{.State.ExitCode}}", id]).stdout.trim());
  }

  /** What the containers wrote last. */
  logs(): string {
    return run([...this.#command, "logs", "--no-color", "--tail", "60"], this.#environment).stdout;
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

function run(words: readonly string[], environment: NodeJS.ProcessEnv = process.env): Finished {
  const [program = "", ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    encoding: "utf8",
    env: environment,
    maxBuffer: 2 ** 28,
  });
  return { code: status ?? 1, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function tail(text: string): string {
  return text.trimEnd().split("\n").slice(-40).join("\n");
}
