import type { Scope } from "../../core/mastodon/scopes.js";
import { builtProgram } from "../support/program.js";
import { SteppedChild } from "../support/stepped-child.js";

/** Where a process may be told to stop: before the request leaves, with its answer, with the new pair stored. */
export type Step = "held" | "answered" | "stored";

/** What `refresh-process.ts` is told. */
export interface RefreshProcessSettings {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly key: string;
  readonly server: string;
  readonly account: string;
  readonly needed: readonly Scope[];
  readonly leaseMs: number;
  readonly stopAt?: Step;
}

/** How the account stood at its end. */
export interface Ended {
  readonly state: string;
  readonly reason: string;
  readonly generation?: number | undefined;
  readonly accessToken?: string | undefined;
}

let program: Promise<string> | undefined;

/** Starts a process with one account that is about to begin. */
export async function refreshChild(settings: RefreshProcessSettings): Promise<SteppedChild<Step, Ended>> {
  program ??= builtProgram("test/auth/refresh-process.ts");
  return SteppedChild.start<Step, Ended>(await program, settings);
}
