import { defineConfig } from "vitest/config";

/** Compiles decorators as tsc does here, which tsyringe's `@inject` on parameters needs. */
const oxc = { decorator: { legacy: true } };

const endToEnd = "test/end-to-end/**/*.test.ts";

export default defineConfig({
  test: {
    globalSetup: ["test/support/redis-server.ts"],
    maxWorkers: 2,
    projects: [
      {
        oxc,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [endToEnd],
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Whole fleets in child processes: after everything else, one file at a time.
        oxc,
        test: {
          name: "end-to-end",
          include: [endToEnd],
          testTimeout: 240_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
