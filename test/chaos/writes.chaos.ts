import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { crashScene, fails, posting, serverKinds, type CrashScene, type ServerKind } from "../client/crash-scene.js";
import { endSteps, postSteps, writesChild, type WriteStep } from "../client/writes-child.js";
import { chaos, type Dice } from "./seed.js";

const { dice, rounds } = chaos("writes", 50);

/** What may go wrong with a request: it is late, its connection breaks, the server fails before or after it posted. */
function disturb({ sandbox }: CrashScene, kind: ServerKind, { below, pick }: Dice): string[] {
  if (kind === "answering 500 after the effect") sandbox.addFault({ ...fails, times: 1 + below(3) });
  return Array.from({ length: below(3) }, () => {
    const action = pick([{ delayMs: below(100) }, "cut", fails.action] as const);
    const when = pick(["before", "after"] as const);
    sandbox.addFault({ ...posting, when, action });
    return `${JSON.stringify(action)} ${when}`;
  });
}

function aStep({ below, pick }: Dice): WriteStep {
  return below(4) === 0 ? pick(endSteps) : `${pick(postSteps)} ${1 + below(3)}`;
}

/** Runs a process until it stops at its step, or for some time, and kills it. */
async function runAndKill({ settings }: CrashScene, { below }: Dice, stopAt: WriteStep | undefined): Promise<void> {
  const child = await writesChild({ ...settings, ...(stopAt !== undefined && { stopAt }) });
  child.go();
  // It may have come to its end before; then there is nothing to kill.
  await (stopAt === undefined ? sleep(below(300)) : child.said());
  await child.kill();
}

describe.each(serverKinds)("on a server %s", (kind) => {
  test.each(Array.from({ length: rounds }, (_, round) => round + 1))("round %i", async (round) => {
    const decide = dice(round);
    const texts = decide.pick([
      ["one", "two", "three"],
      ["BONG", "BONG", "BONG"],
    ]);
    const scene = await crashScene(kind, texts);
    const faults = disturb(scene, kind, decide);
    const deaths = Array.from({ length: decide.below(3) }, () => (decide.below(2) === 0 ? undefined : aStep(decide)));
    for (const step of deaths) await runAndKill(scene, decide, step);
    const last = await writesChild(scene.settings);
    last.go();
    const label = `round ${round}, ${texts.join(" ")}, killed at [${deaths.join(", ")}], faults [${faults.join(", ")}]`;
    expect(await last.ended(), label).toEqual({ handled: 1, failed: 0 });
    expect(await scene.posts(), label).toEqual(texts);
  });
});
