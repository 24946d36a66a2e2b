import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "../../core/store/lock.js";

let directory = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

function holder(rounds: number) {
  const script = join(import.meta.dirname, "lock-holder.ts");
  const child = spawn("node_modules/.bin/jiti", [script, directory, String(rounds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

test("one holder at a time, and nothing piles up", async () => {
  let inside = 0;
  let most = 0;
  const visit = async () => {
    const lock = await takeLock(directory, 10_000);
    expect(lock.abandoned).toBe(false);
    inside += 1;
    most = Math.max(most, inside);
    await delay(2);
    inside -= 1;
    await lock.release();
  };
  await Promise.all(Array.from({ length: 25 }, visit));
  expect(most).toBe(1);
  expect(readdirSync(directory)).toEqual(["free.25"]);
});

test("waiting ends", async () => {
  const lock = await takeLock(directory, 1_000);
  await expect(takeLock(directory, 100)).rejects.toThrow("another process holds the lock");
  await lock.release();
});

test("the lock of a killed holder is free, and the next one is told", async () => {
  const child = holder(0);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  expect(line.toString()).toBe("held\n");
  const waiting = takeLock(directory, 5_000);
  await delay(50);
  child.kill("SIGKILL");
  const lock = await waiting;
  expect(lock.abandoned).toBe(true);
  await lock.release();
  const next = await takeLock(directory, 1_000);
  expect(next.abandoned).toBe(false);
  await next.release();
});

test("processes exclude each other, also when some are killed", async () => {
  const steady = [holder(200), holder(200)];
  const ended = steady.map((child) => once(child, "exit"));
  for (let round = 0; round < 3; round += 1) {
    const victim = holder(1_000);
    await delay(700);
    victim.kill("SIGKILL");
  }
  expect(await Promise.all(ended)).toEqual([
    [0, null],
    [0, null],
  ]);
});
