import assert from "node:assert/strict";

/** Runs checks one after the other, a line each, and counts them. */
export class Checks {
  passed = 0;
  failed = 0;
  #interrupted = false;

  constructor() {
    // An interrupt ends the check that runs; the containers are still taken down.
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (this.#interrupted = true));
  }

  /** Runs one check; false where it failed. */
  async check(name: string, work: () => void | Promise<void>): Promise<boolean> {
    try {
      assert(!this.#interrupted, "interrupted");
      await work();
      this.passed += 1;
      console.log(`ok    ${name}`);
      return true;
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}
