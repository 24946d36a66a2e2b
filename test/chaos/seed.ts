import { createHash, randomInt } from "node:crypto";

/** Random decisions that come out the same again. */
export interface Dice {
  /** From 0 up to, not including, 1. */
  random(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  /** One of a list that is not empty. */
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/** What a file of chaos goes by. */
export interface Chaos {
  readonly seed: number;
  readonly rounds: number;
  /**
   * The dice of one round. They follow from seed, name and round only: a round decides the same again whichever rounds
   * came before it, and whatever else runs.
   */
  dice(round: number): Dice;
}

/**
 * The seed and the number of rounds that `npm run test:chaos` was given, else a random one and `rounds`. Prints the
 * seed, so that what failed can be repeated.
 */
export function chaos(name: string, rounds = 25, env: NodeJS.ProcessEnv = process.env): Chaos {
  const seed = Number(env["CHAOS_SEED"] ?? randomInt(1, 1_000_000_000));
  const count = Number(env["CHAOS_ROUNDS"] ?? rounds);
  console.log(`chaos ${name}: ${count} rounds, seed ${seed}`);
  return { seed, rounds: count, dice: (round) => diceFrom(`${seed} ${name} ${round}`) };
}

function diceFrom(text: string): Dice {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0);
  /** Mulberry32: small, and good enough to decide by. */
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (end: number) => Math.floor(random() * end);
  return { random, below, pick: (choices) => choices[below(choices.length)] ?? choices[0] };
}
