import { describe, expect, test, vi } from "vitest";
import { soon } from "../support/soon.js";
import { crashScene, fails, posting, serverKinds, type CrashScene } from "./crash-scene.js";
import { endSteps, postSteps, writesChild, type WriteStep } from "./writes-child.js";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

const texts = ["one", "two", "three"];

/** Lets a process come as far as this and kills it there. */
async function killAt({ settings }: CrashScene, step: WriteStep): Promise<void> {
  const child = await writesChild({ ...settings, stopAt: step });
  await child.stopped(step);
  await child.kill();
}

/** Kills a process while the server holds its next post: taken effect already, or not yet. */
async function killHeld({ sandbox, settings }: CrashScene, when: "before" | "after"): Promise<void> {
  const held = sandbox.addFault({ ...posting, when, action: "hold" });
  const child = await writesChild(settings);
  child.go();
  await expect.poll(() => sandbox.faults().find(({ id }) => id === held)?.held, soon).toBe(1);
  await child.kill();
  sandbox.release(held);
}

/** What the next process makes of it. */
async function endOf({ posts, settings }: CrashScene): Promise<unknown> {
  const last = await writesChild(settings);
  last.go();
  return { ...(await last.ended()), posts: await posts() };
}

/** Each text posted once, in order, and the event handled once. */
const whole = (posts: readonly string[]) => ({ handled: 1, failed: 0, posts });

describe.each(serverKinds)("on a server %s", (kind) => {
  const scene = async (said = texts) => {
    const made = await crashScene(kind, said);
    if (kind === "answering 500 after the effect") made.sandbox.addFault({ ...fails, times: said.length });
    return made;
  };

  test.each(postSteps)("processes that are killed at each post: %s, are followed by one that ends", async (step) => {
    const here = await scene();
    for (const post of [1, 2, 3]) await killAt(here, `${step} ${post}`);
    expect(await endOf(here)).toEqual(whole(texts));
  });

  test("one that is killed before its acknowledgement, and one after, post nothing twice", async () => {
    const here = await scene();
    for (const step of endSteps) await killAt(here, step);
    expect(await endOf(here)).toEqual(whole(texts));
  });

  test("the same words three times are three posts, whatever process dies over which", async () => {
    const said = ["BONG", "BONG", "BONG"];
    const here = await scene(said);
    for (const step of ["admitted 1", "answered 2", "posted 2", "asking 3"] as const) await killAt(here, step);
    expect(await endOf(here)).toEqual(whole(said));
  });
});

describe.each(["with keys", "without keys"] as const)("on a server %s", (kind) => {
  test.each(["before", "after"] as const)("killed %s each post took effect, sent and not answered", async (when) => {
    const here = await crashScene(kind, texts);
    for (const _ of texts) await killHeld(here, when);
    expect(await endOf(here)).toEqual(whole(texts));
  });
});
