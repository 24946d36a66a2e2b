import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { onTestFinished } from "vitest";

const everyMs = 10;

/** Collects garbage again and again until the test ends: what nothing holds is gone, as it may be at any time. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const timer = setInterval(collect, everyMs);
  onTestFinished(() => clearInterval(timer));
}
