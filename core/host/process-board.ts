import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import { inject, injectable } from "tsyringe";
import { KeysToken, type Keys } from "../store/keys.js";
import { LiveBoard } from "../store/live-board.js";
import { RedisToken } from "../store/redis.js";

/** What a running process says of its configuration. */
export interface ProcessRow {
  /** Names the process among all that ever ran. */
  readonly id: string;
  readonly host: string;
  readonly process: string;
  /** The path of its accounts.yaml. */
  readonly file: string;
  /** Of what it has read there. */
  readonly digest: string;
  /** The one in force when it looked last. */
  readonly generation: number;
  /** Accounts that its file has otherwise than the one in force, a few of them at most. */
  readonly differs: readonly string[];
  /** Why it could not read its file again; what it had read before is what it goes by. */
  readonly error: string | null;
  /** The last reload that it has carried out. */
  readonly reload: string | null;
}

/** Who falls silent for so long is taken for dead. */
const keptMs = 10_000;

/** Where running processes say which configuration they have. */
@injectable()
export class ProcessBoard {
  readonly id = randomUUID();
  readonly #board: LiveBoard;

  constructor(@inject(RedisToken) redis: Redis, @inject(KeysToken) keys: Keys) {
    this.#board = new LiveBoard(redis, keys.fleet("processes"), keptMs);
  }

  /** Says it for this process, and answers what the others said. */
  async announce(row: Omit<ProcessRow, "id" | "host" | "process">): Promise<ProcessRow[]> {
    const own = { ...row, host: hostname(), process: String(process.pid) };
    const entries = await this.#board.announce(this.id, JSON.stringify(own));
    return rowsIn(entries).filter(({ id }) => id !== this.id);
  }

  /** What all who run say. */
  async read(): Promise<ProcessRow[]> {
    return rowsIn(await this.#board.read());
  }

  /** Takes back what this process said. */
  async leave(): Promise<void> {
    await this.#board.leave(this.id);
  }
}

function rowsIn(entries: readonly { readonly id: string; readonly text: string }[]): ProcessRow[] {
  return entries.map(({ id, text }) => ({ ...(JSON.parse(text) as Omit<ProcessRow, "id">), id }));
}
