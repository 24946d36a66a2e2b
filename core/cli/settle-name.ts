import type { DependencyContainer } from "tsyringe";
import type { Account } from "../accounts/account.js";
import { HowdahError } from "../errors.js";
import { Renames } from "../host/renames.js";
import { Settling, type Obstacle } from "../host/settling.js";
import type { Plugin } from "../plugin.js";

/** As long as a process that died may hold a name, and then some. */
const patienceMs = 15_000;

/**
 * Before a command changes an account that was renamed: what is stored under its old name is moved, if no running
 * process did it yet. Throws ACCOUNT_NOT_READY where something is against it.
 */
export async function settleName(container: DependencyContainer, account: Account<Plugin>): Promise<void> {
  const { name, was } = account;
  if (was === undefined) return;
  const renamed = { ...account, was };
  if (!(await container.resolve(Renames).isPending(renamed))) return;
  const settling = container.resolve(Settling);
  let obstacle: Obstacle = {
    reason: `${name} is still stored as ${was}, and a running process holds it`,
    cure: "wait until bot status says that it is ready, or start that process again with this accounts.yaml",
  };
  const settled = new Promise<boolean>((resolve, reject) => {
    const late = setTimeout(() => resolve(false), patienceMs).unref();
    const onObstacle = async (met: Obstacle) => {
      obstacle = met;
    };
    settling
      .start([name], (tenure) =>
        settling.settle(renamed, tenure, onObstacle).then(() => {
          clearTimeout(late);
          resolve(!tenure.signal.aborted);
        }, reject),
      )
      .catch(reject);
  });
  try {
    if (!(await settled)) throw new HowdahError("ACCOUNT_NOT_READY", obstacle.reason, { cure: obstacle.cure });
  } finally {
    await settling.stop();
  }
}
