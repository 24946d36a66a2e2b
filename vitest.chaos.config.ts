import { defineConfig } from "vitest/config";

/** Rounds of random failures, started by `npm run test:chaos`: one file at a time, no part of `npm test`. */
export default defineConfig({
  oxc: { decorator: { legacy: true } },
  test: {
    name: "chaos",
    globalSetup: ["test/support/redis-server.ts"],
    include: ["test/chaos/*.chaos.ts"],
    fileParallelism: false,
    testTimeout: 45 * 60_000,
    hookTimeout: 60_000,
  },
});
