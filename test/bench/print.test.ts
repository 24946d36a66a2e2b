import { expect, it } from "vitest";
import { goal, median, type Report } from "../../bench/bench.js";
import { textOf } from "../../bench/print.js";

const report: Report = {
  bench: "client",
  machine: { node: "v20.20.2", platform: "linux x64", cores: 2, processor: "some processor" },
  conditions: ["each side alone in its process"],
  tables: [
    {
      title: "reads",
      rows: [
        { side: "howdah", figures: { "calls/s": 12_345.6, "CPU us/call": 47.44 } },
        { side: "undici request", figures: { "calls/s": 900, "CPU us/call": 150 } },
      ],
    },
  ],
  goals: [goal("reads: throughput / undici", 0.8149, { atLeast: 0.75 }), goal("heap, KB", 9.34, { atMost: 4 })],
  seconds: 12.4,
};

it("prints a report as a table that says which goals are met", () => {
  expect(textOf(report)).toBe(
    `
client: Node v20.20.2, linux x64, 2 cores (some processor)
- each side alone in its process

reads             calls/s  CPU us/call
  howdah           12,346         47.4
  undici request    900.0        150.0

goal                         wanted  measured  met
reads: throughput / undici  >= 0.75     0.815  yes
heap, KB                       <= 4      9.34   no

took 12 s`.trim(),
  );
});

it("takes the middle one, or the mean of the two in the middle", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 9])).toBe(3);
  expect(() => median([])).toThrow(RangeError);
});
