import { readFile } from "node:fs/promises";
import type { ChildProcess } from "node:child_process";

/** Of the clock that Linux counts processes' time with. */
const ticksPerSecond = 100;

/** CPU time that a process has taken so far, all threads, in microseconds. Linux only. */
export async function cpuMicros(child: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${child.pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000_000;
}

/** Memory of a process that is in the machine's, in bytes. Linux only. */
export async function residentBytes(child: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${child.pid}/status`, "utf8");
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return Number(kilobytes) * 1_024;
}
