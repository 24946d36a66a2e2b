import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Leisure } from "../../core/auth/leisure.js";

/** Turns the loop without a pause until it is told to stop. */
function keepBusy(): () => void {
  let isBusy = true;
  const turn = () => {
    const until = performance.now() + 5;
    while (performance.now() < until);
    if (isBusy) setImmediate(turn);
  };
  turn();
  return () => (isBusy = false);
}

test("an idle loop lets all go on, the first who came first", async () => {
  const leisure = new Leisure();
  const order: number[] = [];
  await Promise.all(Array.from({ length: 30 }, (_, index) => leisure.moment().then(() => order.push(index))));
  expect(order).toEqual(Array.from({ length: 30 }, (_, index) => index));
});

test("while the loop is busy nobody goes on, and then they do", async () => {
  const leisure = new Leisure(60_000);
  let wentOn = false;
  const stop = keepBusy();
  const waiting = leisure.moment().then(() => (wentOn = true));
  await sleep(200);
  expect(wentOn).toBe(false);
  stop();
  await waiting;
});

test("a loop that stays busy holds nobody up for longer than the patience", async () => {
  const leisure = new Leisure(100);
  const stop = keepBusy();
  const started = performance.now();
  await leisure.moment();
  stop();
  expect(performance.now() - started).toBeGreaterThanOrEqual(100);
});
