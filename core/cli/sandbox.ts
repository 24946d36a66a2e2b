import { InvalidArgumentError, type Command } from "commander";
import { HowdahError } from "../errors.js";
import type { DialectName } from "../../sandbox/index.js";
import type { Context } from "./context.js";
import { portIn } from "./environment.js";

interface SandboxFlags {
  port: string;
  host: string;
  users: string[];
  dialect: DialectName;
  publicUrl?: string;
  limits: "mastodon" | "off";
  windowScale: number;
  control: "loopback" | "any";
  label: "auto" | "all" | "none";
}

/** Written out, so that nothing of the sandbox is loaded before it is wanted; the type keeps the list whole. */
const dialectNames = Object.keys({
  mastodon: true,
  doorkeeper: true,
  gotosocial: true,
  akkoma: true,
  hollo: true,
  friendica: true,
  takahe: true,
  mitra: true,
  pixelfed: true,
} satisfies Record<DialectName, true>) as DialectName[];

/** `bot sandbox`: a Mastodon-compatible server in memory. */
export function addSandbox(program: Command, context: Context): void {
  program
    .command("sandbox")
    .description("run a Mastodon-compatible server in memory, to try bots without a real one")
    .option("--port <number>", "where it listens", "3000")
    .option("--host <address>", "on which address it listens", "127.0.0.1")
    .option("--users <names>", "who lives on it, separated by commas", userNames, ["alice", "bob"])
    .option(
      "--dialect <name>",
      `the server family it behaves like: ${dialectNames.join(", ")}`,
      oneOf(...dialectNames),
      "mastodon",
    )
    .option("--public-url <url>", "where the operator's browser reaches it, if elsewhere than programs do")
    .option(
      "--limits <mastodon|off>",
      "rate limits: those of the dialect, or none",
      oneOf("mastodon", "off"),
      "mastodon",
    )
    .option("--window-scale <factor>", "scales the windows of the rate limits: 0.05 is twenty times shorter", factor, 1)
    .option("--control <loopback|any>", "who may use /sandbox/*", oneOf("loopback", "any"), "loopback")
    .option("--label <auto|all|none>", "who is labelled as a bot", oneOf("auto", "all", "none"), "auto")
    .action(async (flags: SandboxFlags) => {
      const port = portIn("--port", flags.port) ?? 3000;
      const { startSandbox } = await import("../../sandbox/index.js");
      const sandbox = await startSandbox({ ...flags, port }).catch((cause: unknown) => {
        throw portError(cause, port);
      });
      const as = flags.dialect === "mastodon" ? "" : `, as ${flags.dialect}`;
      context.stdout.write(`sandbox on ${sandbox.url} with ${flags.users.join(", ")}${as}\n`);
      await new Promise<void>((resolve) => {
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
      });
      await sandbox.close();
    });
}

function portError(cause: unknown, port: number): unknown {
  if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "EADDRINUSE") return cause;
  const cure = "choose another with --port, or stop the other program";
  return new HowdahError("PORT_TAKEN", `port ${port} is taken by another program`, { cure, cause });
}

function userNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (!names.every((name) => /^\w{1,30}$/.test(name))) {
    throw new InvalidArgumentError("names are letters, digits and _, separated by commas");
  }
  return names;
}

function oneOf<const T extends string>(...values: T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new InvalidArgumentError(`one of ${values.join(", ")}`);
    return value;
  };
}

function factor(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number over 0");
  return value;
}
