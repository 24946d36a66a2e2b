/** Brings fleets up in containers; one line per check, then the count. */
import { Checks } from "./checks.js";
import { herd } from "./herd.js";
import { walk } from "./walk.js";

const checks = new Checks();
await walk(checks);
await herd(checks);
console.log(`compose: ${checks.passed} passed, ${checks.failed} failed`);
process.exitCode = checks.failed === 0 ? 0 : 1;
