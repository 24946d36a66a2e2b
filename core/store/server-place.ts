import { createHash, randomUUID } from "node:crypto";
import { chmod, lstat, mkdir, readlink, realpath, rename, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HowdahError } from "../errors.js";

/** Where the embedded server lives. */
export interface ServerPlace {
  /** Its data and log. */
  readonly directory: string;
  /** A way to the same directory that is short enough for sockets. */
  readonly socketDirectory: string;
  readonly socket: string;
}

/** The shortest limit of the systems we run on, in bytes. */
const socketPathLimit = 103;
/** As long as the longest name of a socket here. */
const longestName = "lock.0000000000";

/**
 * Makes `redis/` in the data directory, for this user only, and a way to it whose socket paths fit into an address.
 * Throws CONFIG_INVALID where the directory cannot be written.
 */
export async function prepareServerPlace(dataDirectory: string): Promise<ServerPlace> {
  try {
    const wanted = join(dataDirectory, "redis");
    await mkdir(wanted, { recursive: true, mode: 0o700 });
    await chmod(wanted, 0o700);
    const directory = await realpath(wanted);
    const fits = Buffer.byteLength(join(directory, longestName)) <= socketPathLimit;
    const socketDirectory = fits ? directory : await shortWayTo(directory);
    return { directory, socketDirectory, socket: join(socketDirectory, "redis.sock") };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HowdahError("CONFIG_INVALID", `the data directory ${dataDirectory} cannot be used: ${reason}`, {
      cure: "give this user the right to write there, or set BOT_DATA to another directory",
      cause,
    });
  }
}

/** A link to `directory` in a private directory under the system's temporary one, always the same for the same. */
async function shortWayTo(directory: string): Promise<string> {
  const digest = createHash("sha256").update(directory).digest("hex").slice(0, 16);
  const user = process.getuid?.() ?? 0;
  const box = join(tmpdir(), `howdah-${user}-${digest}`);
  await mkdir(box, { recursive: true, mode: 0o700 });
  const { mode, uid, isDirectory } = await statOf(box);
  if (!isDirectory || uid !== user || (mode & 0o077) !== 0) throw new Error(`${box} is not private to this user`);
  const way = join(box, "d");
  if ((await readlink(way).catch(() => undefined)) !== directory) {
    const made = join(box, randomUUID());
    await symlink(directory, made);
    await rename(made, way); // Others may use the link at this moment: it is replaced, never away.
  }
  return way;
}

/** Of the entry itself: a link is not followed. */
async function statOf(path: string): Promise<{ mode: number; uid: number; isDirectory: boolean }> {
  const stat = await lstat(path);
  return { mode: stat.mode, uid: stat.uid, isDirectory: stat.isDirectory() };
}
