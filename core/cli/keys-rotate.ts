import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import { VaultMirrorToken } from "../auth/vault-mirror.js";
import { HowdahError } from "../errors.js";
import { sealedPlaces } from "../host/sealed-places.js";
import { AnnouncedKeysToken } from "../store/announced-keys.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { rotateKeys, type Rotation } from "../store/rotation.js";
import { KeyringToken } from "../store/seal.js";
import { withServices, type Context } from "./context.js";

/** Longer than two beats of a running process: it follows by itself. */
const followWaitMs = 10_000;
const mostNamed = 5;

/** `bot keys rotate`: everything is sealed anew under the newest key. */
export function addKeysRotate(keys: Command, context: Context): void {
  keys
    .command("rotate")
    .description("encrypt everything anew with the newest key, while the fleet runs; can be interrupted and run again")
    .option("--accounts <file>", "another accounts.yaml")
    .action(async (options: { accounts?: string }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const keyring = container.resolve(KeyringToken);
        const [newest, ...older] = keyring.ids;
        await container.resolve(AnnouncedKeysToken).untilAllWriteWith(newest, followWaitMs);
        const [redis, names] = [container.resolve(RedisToken), container.resolve(KeysToken)];
        const rotation = await rotateKeys({ redis, keys: names, keyring, places: sealedPlaces });
        context.stdout.write(`${rotation.resealed} sealed anew, ${rotation.total} under the key ${newest} now\n`);
        const mirrored = await stillMirrored(container, newest);
        refuseLeft(rotation);
        if (mirrored > 0) {
          context.stdout.write(`The mirror of the vault still holds ${mirrored} under older keys: keep those.\n`);
        } else if (older.length > 0) context.stdout.write(farewell(older));
      });
    });
}

/** Seals the mirror's rows anew as well; a mirror that waits for a decision stays as it is. */
async function stillMirrored(container: DependencyContainer, newest: string): Promise<number> {
  const mirror = container.resolve(VaultMirrorToken);
  if (!(await mirror.isUndecided())) await mirror.refresh();
  const counts = await mirror.countByKey();
  counts.delete(newest);
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function refuseLeft({ left }: Rotation): void {
  if (left.length === 0) return;
  const named = [...new Set(left)].slice(0, mostNamed).join(", ");
  const further = left.length > mostNamed ? " and further ones" : "";
  throw new HowdahError(
    "KEY_MISMATCH",
    `${left.length} values stay as they are, no key at hand opens them: ${named}${further}`,
    {
      cure: "add the key that they were sealed with behind the others (bot keys list names it), then run this again",
    },
  );
}

function farewell(older: readonly string[]): string {
  const [what, verb] = older.length === 1 ? ["key", "is"] : ["keys", "are"];
  return (
    `The older ${what} ${older.join(", ")} ${verb} needed no more by Redis and this host's mirror. Keep a copy for as\n` +
    "long as backups are kept that were made before now; on other hosts start bot run once before taking it out.\n"
  );
}
