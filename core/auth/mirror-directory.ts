import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HowdahError } from "../errors.js";
import type { AccountKey } from "./vault.js";

const fields = z.record(z.string(), z.string());
const name = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/);
const origin = z.string().refine((text) => URL.canParse(text));
const accountFile = z.object({
  format: z.literal(1),
  account: name,
  server: origin,
  saved_at: z.iso.datetime(),
  credentials: fields,
  person: fields,
});
const serverFile = z.object({
  format: z.literal(1),
  server: origin,
  saved_at: z.iso.datetime(),
  apps: fields,
});
const identityFile = z.object({ format: z.literal(1), vault: z.string().min(1) });

/** An account as it stands in the vault, still sealed. */
export type AccountRow = Pick<z.output<typeof accountFile>, "account" | "server" | "credentials" | "person">;
/** A server's apps as they stand in the vault, still sealed, by their scopes. */
export type ServerRow = Pick<z.output<typeof serverFile>, "server" | "apps">;
/** All that a mirror holds. `saved_at` says when each last changed. */
export interface MirrorContents {
  readonly accounts: readonly z.output<typeof accountFile>[];
  readonly servers: readonly z.output<typeof serverFile>[];
}

/**
 * The files of a mirror: one per account, one per server, one that says which vault it mirrors. Each is replaced as a
 * whole, for this user only.
 */
export class MirrorDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Which vault it mirrors. */
  async identity(): Promise<string | undefined> {
    const text = await read(join(this.path, "vault.json"));
    return text === undefined ? undefined : identityFile.safeParse(parsed(text)).data?.vault;
  }

  async setIdentity(vault: string): Promise<void> {
    await this.#write("vault.json", { format: 1, vault });
  }

  /** How many accounts it holds. Throws MIRROR_INVALID where it cannot be read. */
  async accountCount(): Promise<number> {
    return (await this.#names("accounts")).length;
  }

  /** Leaves a file as it is that says the same already. Answers whether it was written. */
  async writeAccount(row: AccountRow): Promise<boolean> {
    const name = accountFileName({ name: row.account, server: row.server });
    const { saved_at: _, ...before } = (await this.#read("accounts", name, accountFile)) ?? { saved_at: "" };
    if (isSame(before, { format: 1, ...row })) return false;
    await this.#write(join("accounts", name), { format: 1, ...row, saved_at: new Date().toISOString() });
    return true;
  }

  async forgetAccount(account: AccountKey): Promise<void> {
    await rm(join(this.path, "accounts", accountFileName(account)), { force: true });
  }

  /** Leaves a file as it is that says the same already. */
  async writeServer(row: ServerRow): Promise<void> {
    const name = `${nameOf(row.server)}.json`;
    const { saved_at: _, ...before } = (await this.#read("servers", name, serverFile)) ?? { saved_at: "" };
    if (isSame(before, { format: 1, ...row })) return;
    await this.#write(join("servers", name), { format: 1, ...row, saved_at: new Date().toISOString() });
  }

  /** Throws MIRROR_INVALID naming the files that cannot be read. */
  async contents(): Promise<MirrorContents> {
    const damaged: string[] = [];
    const all = async <T>(folder: string, form: z.ZodType<T>) => {
      const found: T[] = [];
      for (const name of await this.#names(folder)) {
        const row = await this.#read(folder, name, form);
        if (row === undefined) damaged.push(join(this.path, folder, name));
        else found.push(row);
      }
      return found;
    };
    const contents = { accounts: await all("accounts", accountFile), servers: await all("servers", serverFile) };
    if (damaged.length === 0) return contents;
    throw new HowdahError("MIRROR_INVALID", `the mirror of the vault is damaged: ${damaged.join(", ")}`, {
      cure: "put these files back from a backup, or move them away and authorize their accounts anew; nothing was changed",
    });
  }

  /** Forgets everything but which vault it mirrors from now on. */
  async clear(): Promise<void> {
    for (const folder of ["accounts", "servers"]) await rm(join(this.path, folder), { recursive: true, force: true });
  }

  async #names(folder: string): Promise<string[]> {
    try {
      return (await readdir(join(this.path, folder))).filter((name) => name.endsWith(".json")).toSorted();
    } catch (cause) {
      if (codeOf(cause) === "ENOENT") return [];
      throw unreadable(join(this.path, folder), cause);
    }
  }

  async #read<T>(folder: string, name: string, form: z.ZodType<T>): Promise<T | undefined> {
    const text = await read(join(this.path, folder, name));
    return text === undefined ? undefined : form.safeParse(parsed(text)).data;
  }

  /** The file appears whole or not at all, also when the machine loses its power. */
  async #write(name: string, content: object): Promise<void> {
    const file = join(this.path, name);
    const draft = `${file}.${randomUUID()}`;
    try {
      const handle = await this.#opened(draft);
      try {
        await handle.writeFile(`${JSON.stringify(content, undefined, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** The directory is there but for the first time. */
  async #opened(draft: string): Promise<FileHandle> {
    const create = () => open(draft, "wx", 0o600);
    return create().catch(async (error: unknown) => {
      if (codeOf(error) !== "ENOENT") throw error;
      await mkdir(join(draft, ".."), { recursive: true, mode: 0o700 });
      return create();
    });
  }
}

/** For people to recognize; the digest keeps servers apart that look the same in a file's name. */
function nameOf(server: string): string {
  const host = new URL(server).host.replaceAll(/[^\w.-]/g, "_").slice(0, 100);
  return `${host}-${createHash("sha256").update(server).digest("hex").slice(0, 8)}`;
}

function accountFileName({ name, server }: AccountKey): string {
  return `${name}@${nameOf(server)}.json`;
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw unreadable(file, cause);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSame(before: object, after: object): boolean {
  const sorted = (value: object) =>
    JSON.stringify(value, (_name, part: unknown) =>
      typeof part === "object" && part !== null
        ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    );
  return sorted(before) === sorted(after);
}

function unreadable(path: string, cause: unknown): HowdahError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HowdahError("MIRROR_INVALID", `the mirror of the vault cannot be read: ${reason}`, {
    cure: `make ${path} readable for this user`,
    cause,
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
