import type { Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import { VaultMirrorToken } from "../auth/vault-mirror.js";
import { sealedPlaces } from "../host/sealed-places.js";
import { AnnouncedKeysToken, type LiveProcess } from "../store/announced-keys.js";
import { KeysToken } from "../store/keys.js";
import { RedisToken } from "../store/redis.js";
import { countByKey } from "../store/rotation.js";
import { KeyringToken } from "../store/seal.js";
import { withServices, type Context } from "./context.js";
import { table } from "./table.js";

interface KeyRow {
  readonly id: string;
  readonly newest: boolean;
  /** Whether this process has it. */
  readonly at_hand: boolean;
  /** Whether the fleet writes with it. */
  readonly in_use: boolean;
  /** How many values in Redis it seals. */
  readonly values: number;
  /** How many values in this host's mirror it seals. */
  readonly mirrored: number;
}

/** `bot keys list`: which keys there are, by id, and what each seals. */
export function addKeysList(keys: Command, context: Context): void {
  keys
    .command("list")
    .description("show the keys' ids, which is the newest, and how many values each seals")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--json", "as one JSON document")
    .action(async (options: { accounts?: string; json?: boolean }) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      await withServices(context, environment, fleet, async ({ container }) => {
        const rows = await keyRows(container);
        const newest = rows.find((row) => row.newest)?.id ?? "";
        const live = await container.resolve(AnnouncedKeysToken).live();
        const behind = live.filter((process) => !process.keys.includes(newest));
        const output = options.json === true ? asJson(rows, behind) : describe(rows, behind);
        context.stdout.write(`${output}\n`);
      });
    });
}

async function keyRows(container: DependencyContainer): Promise<KeyRow[]> {
  const keyring = container.resolve(KeyringToken);
  const [redis, keys] = [container.resolve(RedisToken), container.resolve(KeysToken)];
  const values = await countByKey({ redis, keys, places: sealedPlaces });
  const mirrored = await container.resolve(VaultMirrorToken).countByKey();
  const ids = new Set([...keyring.ids, ...values.keys(), ...mirrored.keys()]);
  return [...ids].map((id) => ({
    id,
    newest: id === keyring.ids[0],
    at_hand: keyring.ids.includes(id),
    in_use: id === keyring.writing,
    values: values.get(id) ?? 0,
    mirrored: mirrored.get(id) ?? 0,
  }));
}

function asJson(keys: readonly KeyRow[], behind: readonly LiveProcess[]): string {
  return JSON.stringify({ keys, behind: behind.map(({ host, pid, keys }) => ({ host, pid, keys })) }, null, 2);
}

function describe(rows: readonly KeyRow[], behind: readonly LiveProcess[]): string {
  const lines = table(
    ["KEY", "IN REDIS", "IN THE MIRROR", ""],
    rows.map((row) => [row.id, String(row.values), String(row.mirrored), wordsFor(row)]),
  );
  const late = behind.map(({ host, pid }) => `process ${pid} on ${host} does not have the newest key`);
  return [...lines, ...late].join("\n");
}

function wordsFor({ at_hand, in_use, newest }: KeyRow): string {
  const words = [newest && "newest", in_use && "in use", !at_hand && "not at hand"];
  return words.filter((word) => word !== false).join(", ");
}
