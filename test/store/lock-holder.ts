/**
 * A process that takes the lock in a directory again and again, for lock.test.ts: `lock-holder.ts <directory> <rounds>`.
 * While it holds it a file exists that must not exist before, unless the holder before it died. Without rounds it
 * holds the lock until it is killed.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { takeLock } from "../../core/store/lock.js";

const [directory = "", rounds = "0"] = process.argv.slice(2);
const busy = join(directory, "busy");

for (let round = 0; round < Number(rounds); round += 1) {
  const lock = await takeLock(directory, 20_000);
  if (lock.abandoned) rmSync(busy, { force: true });
  writeFileSync(busy, "", { flag: "wx" });
  await delay(Math.random() * 3);
  rmSync(busy);
  await lock.release();
}
if (rounds === "0") {
  const { abandoned } = await takeLock(directory, 20_000);
  console.log(abandoned ? "held after a death" : "held");
}
