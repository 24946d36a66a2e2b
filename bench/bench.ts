import { cpus } from "node:os";

/** One thing to measure: `npm run bench -- NAME`. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  run(options: BenchOptions): Promise<Findings>;
}

export interface BenchOptions {
  /** Short rounds: proves that the bench runs, its figures say little. */
  readonly quick: boolean;
}

/** What was measured, and how. */
export interface Findings {
  /** How it was measured, a sentence each. */
  readonly conditions: readonly string[];
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
}

/** What a bench found. */
export interface Report extends Findings {
  readonly bench: string;
  readonly machine: Machine;
  /** How long the bench took. */
  readonly seconds: number;
}

/** The sides of one comparison. */
export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** One side: medians over the rounds. */
export interface Row {
  readonly side: string;
  /** By name with the unit, for example `calls/s`; the same names in the same order in each row of a table. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What is asked for, and what was measured. */
export interface Goal {
  readonly name: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly measured: number;
  readonly met: boolean;
}

interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly processor: string;
}

export function goal(name: string, measured: number, bound: { atLeast: number } | { atMost: number }): Goal {
  const met = "atLeast" in bound ? measured >= bound.atLeast : measured <= bound.atMost;
  return { name, ...bound, measured, met };
}

/** The machine that the bench runs on. */
export function machine(): Machine {
  const [processor] = cpus();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    processor: processor?.model.trim() ?? "unknown",
  };
}

/** The middle of an odd number of values, else the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError("the median of nothing");
  return (low + high) / 2;
}

/** How much y grows with x: the least squares' line through the points. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const covariance = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  return covariance / mean(points.map(([x]) => (x - meanX) ** 2));
}
