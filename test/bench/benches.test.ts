import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Report } from "../../bench/bench.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

function bench(...args: string[]) {
  const { status, stderr, stdout } = spawnSync("npm", ["run", "--silent", "bench", "--", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stderr, stdout };
}

/** What a test can hold of a bench: that it runs and says what it promises. How fast the machine is today it cannot. */
describe("npm run bench", () => {
  it("lists the benches", () => {
    const { status, stdout } = bench();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}client {2,}\S/m);
  });

  it.each([["nothing-like-it"], ["client", "more"], ["client", "--sideways"]])("refuses %s %s", (...args) => {
    const { status, stderr, stdout } = bench(...args);
    expect(status).toBe(2);
    expect(stderr).toContain("npm run bench -- NAME");
    expect(stdout).toBe("");
  });

  it("measures the client against its peers, as one JSON document", { timeout: 90_000 }, () => {
    const { status, stdout } = bench("client", "--quick", "--json");
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as Report;
    expect(report.machine.node).toBe(process.version);
    expect(report.tables.map(({ rows, title }) => [title, rows.map(({ side }) => side)])).toEqual([
      ["reads, 16 in flight", ["howdah, full chain", "undici request", "masto", "megalodon"]],
      ["reads, one at a time", ["howdah, full chain", "undici request"]],
      ["writes, 16 in flight", ["howdah, ledger and audit", "undici request + two SET"]],
      ["writes, one at a time", ["howdah, ledger and audit", "undici request + two SET"]],
    ]);
    const figures = report.tables.flatMap(({ rows }) => rows.flatMap(({ figures }) => Object.values(figures)));
    expect(figures.every((figure) => figure > 0)).toBe(true);
    expect(report.goals).toHaveLength(10);
    expect(report.goals.every(({ measured }) => Number.isFinite(measured))).toBe(true);
  });

  it.each([
    ["streaming", 6],
    ["memory", 1],
    ["coldstart", 1],
    ["growth", 1],
    ["failover", 2],
  ])("measures a fleet: %s", { timeout: 180_000 }, (name, goals) => {
    const { status, stderr, stdout } = bench(name, "--quick", "--json");
    expect([status, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout) as Report;
    expect(report.bench).toBe(name);
    expect(report.tables.every(({ rows }) => rows.length > 0)).toBe(true);
    expect(report.goals).toHaveLength(goals);
    expect(report.goals.every(({ measured }) => Number.isFinite(measured))).toBe(true);
  });
});
