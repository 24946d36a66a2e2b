import type { Command } from "commander";
import { exitCodes } from "./exit.js";
import { withServices, type Context } from "./context.js";

const graceMs = 10_000;

/** `bot run`: takes part in the fleet until it is told to stop. */
export function addRun(program: Command, context: Context): void {
  program
    .command("run")
    .description("run the accounts of accounts.yaml")
    .option("--accounts <file>", "another accounts.yaml")
    .action(async (options: { accounts?: string }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const { FleetHost } = await import("../host/fleet-host.js");
        const { RedisToken } = await import("../store/redis.js");
        const { LoggerToken } = await import("../host/tokens.js");
        const logger = container.resolve(LoggerToken);
        const host = container.resolve(FleetHost);
        const stopped = untilTold();
        const health =
          environment.port === undefined
            ? undefined
            : await context.serveHealth(environment.port, host, container.resolve(RedisToken));
        try {
          await host.start(container);
          logger.info({ accounts: fleet.accounts.map(({ name }) => name), port: environment.port }, "running");
          const signal = await stopped;
          logger.info({ signal }, "stopping");
        } finally {
          await health?.close();
          const isDone = await endedWithin(graceMs, host.stop());
          if (isDone) logger.info("stopped");
          else logger.warn({ graceMs }, "not everything ended in time; another process takes it up");
        }
      });
      process.exitCode = exitCodes.done;
    });
}

/** A Redis that is away would hold the end up for good. */
async function endedWithin(limitMs: number, ending: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), limitMs)));
  const isDone = await Promise.race([ending.then(() => true), late]);
  clearTimeout(timer);
  return isDone;
}

/** A second signal ends the process at once. */
function untilTold(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(exitCodes.failed));
      });
    }
  });
}
