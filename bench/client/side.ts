/**
 * One side in a process of its own: `side.js NAME TARGET`. Says "ready", then answers each round with a tally.
 */
import type { Round, SideName, Tally, Target } from "./messages.js";
import { sides } from "./sides.js";

const [name = "", target = ""] = process.argv.slice(2);
const call = await sides[name as SideName](JSON.parse(target) as Target);

process.on("disconnect", () => process.exit());
process.on("message", (round: Round) => {
  void run(round).then((tally) => process.send?.(tally));
});
process.send?.("ready");

async function run({ durationMs, inFlight }: Round): Promise<Tally> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const ends = started + durationMs;
  let calls = 0;
  const caller = async () => {
    while (performance.now() < ends) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const { user, system } = process.cpuUsage(cpu);
  return { calls, seconds: (performance.now() - started) / 1000, cpuMicros: user + system };
}
