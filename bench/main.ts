/** `npm run bench -- NAME [--json] [--quick]`: measures, and prints a table or one JSON document. */
import { parseArgs } from "node:util";
import { machine, type Bench, type Report } from "./bench.js";
import { client } from "./client.js";
import { coldstart } from "./coldstart.js";
import { failover } from "./failover.js";
import { growth } from "./growth.js";
import { memory } from "./memory.js";
import { textOf } from "./print.js";
import { streaming } from "./streaming.js";

const benches: readonly Bench[] = [client, streaming, memory, coldstart, growth, failover];
const usage = "npm run bench -- NAME [--json] [--quick]";

/** What was asked for, or what is wrong with it. */
function read(args: string[]) {
  try {
    const options = { json: { type: "boolean", default: false }, quick: { type: "boolean", default: false } } as const;
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function list(): string {
  return [usage, "", ...benches.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`)].join("\n");
}

function refuse(problem: string): void {
  console.error(`${problem}\n\n${list()}`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const asked = read(process.argv.slice(2));
  if (typeof asked === "string") return refuse(asked);
  const [name, ...more] = asked.positionals;
  if (name === undefined) return console.log(list());
  const bench = benches.find((bench) => bench.name === name);
  if (bench === undefined) return refuse(`there is no bench called ${name}`);
  if (more.length > 0) return refuse(`one bench at a time, not also ${more.join(" ")}`);
  const started = performance.now();
  const found = await bench.run({ quick: asked.values.quick });
  const seconds = (performance.now() - started) / 1_000;
  const report: Report = { bench: name, machine: machine(), ...found, seconds };
  console.log(asked.values.json ? JSON.stringify(report, undefined, 2) : textOf(report));
}

// So that what was started is ended on the way out.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
await main();
