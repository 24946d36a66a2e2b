import { access, open, rm } from "node:fs/promises";
import { HowdahError } from "../errors.js";

/** Throws CONFIG_INVALID where the file is there already: the operator learns it before any question. */
export async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw existing(file);
}

/** Writes a new file for this user only. Throws CONFIG_INVALID where it is there already or cannot be written. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") throw existing(file);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HowdahError("CONFIG_INVALID", `${file} cannot be written (${reason})`, {
      cure: "name a file in a directory that this user may write to",
      cause,
    });
  }
}

function existing(file: string): HowdahError {
  return new HowdahError("CONFIG_INVALID", `${file} is there already`, {
    cure: "name another file, or move that one away: it is not overwritten",
  });
}
