import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import type { Logger } from "pino";
import { exitCodes } from "./exit.js";
import { withServices, type Context } from "./context.js";
import type { RedisAddress } from "../store/redis-address.js";
import { graceIn } from "./grace.js";

/** What a plugin left running, such as a timer, keeps the process for so long at most. */
const lingerMs = 1_000;

/** `bot run`: takes part in the fleet until it is told to stop. */
export function addRun(program: Command, context: Context): void {
  program
    .command("run")
    .description("run the accounts of accounts.yaml")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--grace <duration>", "how long ending may take", "10s")
    .option("--watch", "put accounts.yaml and plugins beside it in force whenever they change, without asking")
    .action(async (options: { accounts?: string; grace: string; watch?: boolean }) => {
      const graceMs = graceIn(options.grace);
      // What an event leads to is short-lived; made among old objects, it would keep the event's own: docs/decisions/007.
      setFlagsFromString("--no-allocation-site-pretenuring");
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const { FleetHost } = await import("../host/fleet-host.js");
        const { startWatchdog } = await import("../host/watchdog.js");
        const { RedisToken } = await import("../store/redis.js");
        const { RedisAddressToken } = await import("../store/redis-address.js");
        const { FleetToken, LoggerToken } = await import("../host/tokens.js");
        const { watchFleet } = await import("../host/watching.js");
        const logger = container.resolve(LoggerToken);
        const host = container.resolve(FleetHost);
        surviveStrayErrors(logger);
        const stopped = untilTold(context.stdin.isTTY ? ["SIGINT", "SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM"]);
        let unwatch: (() => void) | undefined;
        const health =
          environment.port === undefined
            ? undefined
            : await context.serveHealth(environment.port, host, container.resolve(RedisToken));
        const address = container.resolve<RedisAddress>(RedisAddressToken);
        const endWatching = startWatchdog(host.board, address, environment.prefix);
        try {
          await host.start(container, graceMs);
          logger.info({ accounts: fleet.accounts.map(({ name }) => name), port: environment.port }, "running");
          // At a terminal it says that the terminal was closed.
          if (!context.stdin.isTTY) process.on("SIGHUP", () => host.reload(true));
          if (options.watch === true)
            unwatch = await watchFleet(container.resolve(FleetToken), () => host.reload(false));
          const signal = await stopped;
          logger.info({ signal }, "stopping");
        } finally {
          setTimeout(() => process.exit(), graceMs + lingerMs).unref();
          unwatch?.();
          await health?.close();
          const isDone = await endedWithin(graceMs, host.stop());
          await endWatching();
          if (isDone) logger.info("stopped");
          else logger.warn({ graceMs }, "not everything ended in time; another process takes it up");
        }
      });
      process.exitCode = exitCodes.done;
    });
}

/** What a plugin throws where nobody waits for it, such as in a timer, must not end the other accounts with it. */
function surviveStrayErrors(logger: Logger): void {
  process.on("uncaughtException", (error, origin) => {
    logger.error({ err: error, origin }, "something threw outside of every handler, or nobody waited for it");
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

/** A second signal, whichever it is, ends the process at once. */
function untilTold(signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isTold = false;
    for (const signal of signals) {
      process.on(signal, () => {
        if (isTold) process.exit(exitCodes.failed);
        isTold = true;
        resolve(signal);
      });
    }
  });
}
