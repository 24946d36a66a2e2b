import type { Goal, Report, Table } from "./bench.js";

/** A report as text for a terminal. */
export function textOf(report: Report): string {
  const { bench, conditions, goals, machine, seconds, tables } = report;
  return [
    `${bench}: Node ${machine.node}, ${machine.platform}, ${machine.cores} cores (${machine.processor})`,
    ...conditions.map((condition) => `- ${condition}`),
    ...tables.flatMap((table) => ["", ...linesOf(table)]),
    "",
    ...aligned([["goal", "wanted", "measured", "met"], ...goals.map(goalCells)]),
    "",
    `took ${Math.round(seconds)} s`,
  ].join("\n");
}

function linesOf({ title, rows }: Table): string[] {
  const names = Object.keys(rows[0]?.figures ?? {});
  return aligned([
    [title, ...names],
    ...rows.map(({ figures, side }) => [`  ${side}`, ...names.map((name) => figureText(figures[name] ?? Number.NaN))]),
  ]);
}

/** Large figures whole, small ones with a decimal. */
function figureText(figure: number): string {
  return Math.abs(figure) < 1_000 ? figure.toFixed(1) : Math.round(figure).toLocaleString("en");
}

function goalCells({ atLeast, atMost, measured, met, name }: Goal): string[] {
  const wanted = atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
  return [name, wanted, measured.toPrecision(3), met ? "yes" : "no"];
}

/** The first column to the left, the others to the right. */
function aligned(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}
