import type { Notification } from "../../core/mastodon/notification-entities.js";
import { builtProgram } from "../support/program.js";
import { SteppedChild } from "../support/stepped-child.js";

/**
 * Where a process may be told to stop, once per post: before it asks the ledger, with the post recorded and not sent,
 * with the answer in hand, with the result recorded, between this post and the next.
 */
export const postSteps = ["asking", "admitted", "answered", "settled", "posted"] as const;
/** Of the event: before its end is stored, and after. */
export const endSteps = ["ending", "acknowledged"] as const;

/** A step, and the post (from 1) at which it is one. */
export type WriteStep = `${(typeof postSteps)[number]} ${number}` | (typeof endSteps)[number];

/** What `writes-process.ts` is told. */
export interface WritesProcessSettings {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly key: string;
  readonly server: string;
  readonly personId: string;
  readonly token: string;
  /** The mention to which it answers with its posts. */
  readonly notification: Notification;
  readonly texts: readonly string[];
  readonly settledAfterMs: number;
  readonly stopAt?: WriteStep;
  /** Where it says the step, and waits until it is let go once more. */
  readonly pauseAt?: WriteStep;
}

/** What became of the event. */
export interface WritesEnded {
  readonly handled: number;
  readonly failed: number;
}

let program: Promise<string> | undefined;

/** Starts a process whose handler posts each of the texts, and that is about to begin. */
export async function writesChild(settings: WritesProcessSettings): Promise<SteppedChild<WriteStep, WritesEnded>> {
  program ??= builtProgram("test/client/writes-process.ts");
  return SteppedChild.start<WriteStep, WritesEnded>(await program, settings);
}
