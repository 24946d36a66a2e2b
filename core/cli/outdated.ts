import type { DependencyContainer } from "tsyringe";
import { InForce, type Configuration } from "../host/in-force.js";
import { ProcessBoard, type ProcessRow } from "../host/process-board.js";

/** A line for each running process that has another accounts.yaml than the one in force, and what to do. */
export async function outdatedLines(container: DependencyContainer): Promise<string[]> {
  const inForce = await container.resolve(InForce).read();
  if (inForce === undefined) return [];
  const rows = await container.resolve(ProcessBoard).read();
  return rows.filter((row) => isOutdated(row, inForce)).map((row) => describeOutdated(row, inForce));
}

/** Whether a process goes by another file than the fleet. */
export function isOutdated({ digest, error }: ProcessRow, inForce: Configuration): boolean {
  return digest !== inForce.file || error !== null;
}

function describeOutdated({ differs, error, file, host, process }: ProcessRow, { generation }: Configuration): string {
  const who = `outdated: process ${process} on ${host}`;
  if (error !== null) return `${who} cannot read ${file} and goes by what it had before: ${error}`;
  const what = differs.length === 0 ? "" : `: ${differs.join(", ")}`;
  const cure = "put the file in force on that host and run bot reload, or bot reload there to put its own in force";
  return `${who} has another ${file} than the one in force (generation ${generation})${what}; ${cure}`;
}
