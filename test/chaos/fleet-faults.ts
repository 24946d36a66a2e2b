import { setTimeout as sleep } from "node:timers/promises";
import type { BotProcess } from "../end-to-end/bot-process.js";
import type { Fleet } from "../end-to-end/fleet.js";
import type { OwnRedis } from "../support/own-redis.js";
import type { Dice } from "./seed.js";

/** What the faults are done to. */
export interface Victims {
  readonly fleet: Fleet;
  readonly redis: OwnRedis;
  /** Those that run; a fault that ends one puts another in its place. */
  readonly processes: BotProcess[];
  readonly accounts: readonly string[];
}

/** Longer than a lock stands: who was stopped for so long owns nothing any more, and does not know it. */
const beyondLockMs = 7_000;
const everyRequest = 1_000_000;
const answers: readonly [FaultAction, ...FaultAction[]] = [
  { status: 502, html: "<h1>Bad gateway</h1>" },
  { status: 500, json: { error: "Something went wrong" } },
  "cut",
];

type FaultAction = Parameters<Fleet["sandbox"]["addFault"]>[0]["action"];
type Fault = (victims: Victims, dice: Dice) => Promise<string>;

/** Does one random thing that production does to a fleet, waits until it is over, and says what it was. */
export async function oneFault(victims: Victims, dice: Dice): Promise<string> {
  return dice.pick(faults)(victims, dice);
}

const faults: readonly [Fault, ...Fault[]] = [
  async (victims, dice) => {
    const index = dice.below(victims.processes.length);
    await victims.processes[index]?.end("SIGKILL");
    const awayMs = dice.below(3_000);
    await sleep(awayMs);
    victims.processes[index] = victims.fleet.start(["run"]);
    return `kill -9 of process ${index}, another one ${awayMs} ms later`;
  },
  async (victims, dice) => {
    const index = dice.below(victims.processes.length);
    await victims.processes[index]?.end("SIGTERM");
    victims.processes[index] = victims.fleet.start(["run"]);
    return `SIGTERM to process ${index}, another one at once`;
  },
  async ({ processes }, dice) => {
    const index = dice.below(processes.length);
    const stoppedMs = beyondLockMs + dice.below(3_000);
    processes[index]?.child.kill("SIGSTOP");
    await sleep(stoppedMs);
    processes[index]?.child.kill("SIGCONT");
    return `process ${index} stopped for ${stoppedMs} ms`;
  },
  async ({ redis }, dice) => {
    const [signal, awayMs] = [dice.pick(["SIGTERM", "SIGKILL"] as const), dice.below(2_000)];
    await redis.restart(signal, awayMs);
    return `Redis ended by ${signal}, back after ${awayMs} ms`;
  },
  async ({ accounts, fleet }, dice) => {
    const account = dice.below(2) === 0 ? undefined : dice.pick(listOf(accounts));
    return `${fleet.sandbox.dropStreams(account)} sockets cut`;
  },
  async ({ accounts, fleet }, dice) => {
    const account = dice.pick(listOf(accounts));
    return `${fleet.sandbox.halfOpenStreams(account)} sockets left half-open, of ${account}`;
  },
  async ({ fleet }, dice) => {
    const [when, forMs] = [dice.pick(["before", "after"] as const), 500 + dice.below(2_500)];
    const action = dice.pick(answers);
    fleet.sandbox.addFault({ action, when, times: everyRequest });
    await sleep(forMs);
    fleet.sandbox.clearFaults();
    return `${forMs} ms of ${JSON.stringify(action)}, ${when} the effect`;
  },
  async ({ fleet }, dice) => {
    // A server that refuses for its limit has done nothing.
    const forMs = 500 + dice.below(2_500);
    fleet.sandbox.addFault({ action: { status: 429, json: { error: "Too many requests" } }, times: everyRequest });
    await sleep(forMs);
    fleet.sandbox.clearFaults();
    return `${forMs} ms of 429`;
  },
];

function listOf(accounts: readonly string[]): [string, ...string[]] {
  const [first = "", ...others] = accounts;
  return [first, ...others];
}
