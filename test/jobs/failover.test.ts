import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { testRedis } from "../support/redis.js";

interface Entry {
  readonly name: string;
  readonly happened: "hold" | "abort" | "last valid" | "valid again";
  readonly account: string;
  readonly epoch: number;
  readonly at: number;
}

const program = fileURLToPath(new URL("owner-process.ts", import.meta.url));
const lockMs = 2_000;
const stalledCheckMs = 1_000;
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

async function fleet(accounts: string[]) {
  const corner = testRedis();
  const redis = await corner.connect();
  const spawnOwner = (name: string) => {
    const args = ["--import", "jiti/register", program, name, String(lockMs), String(stalledCheckMs), ...accounts];
    const child = spawn(process.execPath, args, { env: { ...process.env, ...corner.env }, stdio: "inherit" });
    children.push(child);
    return child;
  };
  const entries = async (name: string, happened: Entry["happened"]) => {
    const lines = await redis.lrange(`${corner.prefix}:log`, 0, -1);
    const all = lines.map((line): Entry => JSON.parse(line));
    return all.filter((entry) => entry.name === name && entry.happened === happened);
  };
  const reach = (name: string, happened: Entry["happened"], count = accounts.length) =>
    vi.waitFor(
      async () => {
        const found = await entries(name, happened);
        expect(found.length).toBeGreaterThanOrEqual(count);
        return found;
      },
      { timeout: 40_000, interval: 20 },
    );
  return { spawnOwner, entries, reach };
}

/** A process that joins while another owns everything; it is given a moment to be waiting for jobs. */
async function waitingBeside(spawnOwner: (name: string) => ChildProcess): Promise<ChildProcess> {
  const child = spawnOwner("second");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  return child;
}

// One account is a fair share of either of two processes: it moves only where it has to.

test("the account of a process that was killed is taken over, under a higher epoch", async () => {
  const { spawnOwner, reach } = await fleet(["a"]);
  const first = spawnOwner("first");
  await reach("first", "hold");
  await waitingBeside(spawnOwner);
  const killedAt = Date.now();
  first.kill("SIGKILL");
  const taken = await reach("second", "hold");
  expect(taken.map(({ account, epoch }) => `${account}${epoch}`).toSorted()).toEqual(["a2"]);
  // Not before the lock has run out, less the renewal's age.
  for (const { at } of taken) expect(at).toBeGreaterThan(killedAt + lockMs / 2);
});

test("a process that is told to stop hands over", async () => {
  const { spawnOwner, reach } = await fleet(["a"]);
  const first = spawnOwner("first");
  await reach("first", "hold");
  await waitingBeside(spawnOwner);
  const exit = once(first, "exit");
  first.kill("SIGTERM");
  const taken = await reach("second", "hold");
  expect(taken.every(({ epoch }) => epoch === 2)).toBe(true);
  expect(await exit).toEqual([0, null]);
});

test("a process that was stopped for a while is not valid any more before the next owner begins", async () => {
  const { spawnOwner, reach, entries } = await fleet(["a"]);
  const first = spawnOwner("first");
  await reach("first", "hold");
  await waitingBeside(spawnOwner);
  first.kill("SIGSTOP");
  const taken = await reach("second", "hold");
  first.kill("SIGCONT");
  await reach("first", "abort");
  const lastValid = await reach("first", "last valid");
  for (const { account, at, epoch } of taken) {
    const before = lastValid.find((entry) => entry.account === account);
    expect(before?.at).toBeLessThan(at);
    expect(before?.epoch).toBeLessThan(epoch);
  }
  // The former owner takes part again without disturbing the new one.
  await new Promise((resolve) => setTimeout(resolve, 2 * lockMs));
  expect(await entries("first", "valid again")).toEqual([]);
  expect(await entries("second", "abort")).toEqual([]);
  expect(await entries("first", "hold")).toHaveLength(1);
});
