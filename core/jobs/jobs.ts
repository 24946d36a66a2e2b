import type { InjectionToken } from "tsyringe";
import type { ZodType } from "zod";

/** A kind of background job: its name and the schema that its data must meet when queued and when taken. */
export interface JobDefinition<T> {
  readonly name: string;
  readonly schema: ZodType<T>;
}

/** Declares a kind of job. Names: `[a-z-]+`. */
export function defineJob<T>(name: string, schema: ZodType<T>): JobDefinition<T> {
  return { name, schema };
}

/** When a repeated job comes due. */
export type Repeat = { readonly cron: string; readonly timezone: string } | { readonly everyMs: number };

/** A job as its handler gets it. */
export interface TakenJob<T> {
  readonly data: T;
  /** When it was due, in milliseconds since the epoch; for a repeated job the tick's nominal time. */
  readonly dueAt: number;
}

/** Durable timers and queues shared by all processes of a fleet. */
export interface Jobs {
  /**
   * Queues one job. With `id` (unique per definition) a second one while the first waits is the same job and
   * keeps the first's time; `replace` takes the new time and data instead. One that is being handled no longer
   * waits: its handler can add the next under the same id. Throws a TypeError if the data does not meet the schema.
   */
  add<T>(job: JobDefinition<T>, data: T, options?: { id?: string; delayMs?: number; replace?: boolean }): Promise<void>;
  /** Removes a waiting or delayed job; nothing happens where there is none. */
  remove<T>(job: JobDefinition<T>, id: string): Promise<void>;
  /**
   * Makes a job come due again and again; the same id again changes it, unchanged it does nothing. An interval first
   * comes due within one interval, at a phase that follows from the id. Of ticks that nobody was there to take, the
   * first comes late and the others not at all. Throws CONFIG_INVALID on a wrong expression.
   */
  repeat<T>(job: JobDefinition<T>, id: string, repeat: Repeat, data: T): Promise<void>;
  /** Ends a repetition; nothing happens where there is none. */
  endRepeat<T>(job: JobDefinition<T>, id: string): Promise<void>;
  /** The ids of the repetitions of one definition. */
  repeated<T>(job: JobDefinition<T>): Promise<string[]>;
  /**
   * Takes jobs of one definition in this process, `concurrency` at a time, each at least once. A handler that throws
   * is logged and its job is tried again with backoff, `attempts` times in all. Data that does not meet the schema is
   * logged and dropped.
   */
  take<T>(
    job: JobDefinition<T>,
    handler: (job: TakenJob<T>) => Promise<void>,
    options?: { concurrency?: number; attempts?: number },
  ): Promise<void>;
  /** Stops taking, waits for handlers that run (up to `graceMs`), closes the connections. */
  close(graceMs?: number): Promise<void>;
}

/** The injection token of the jobs. */
export const JobsToken: InjectionToken<Jobs> = Symbol("Jobs");
