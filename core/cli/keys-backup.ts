import type { Command } from "commander";
import { keyText } from "../store/key-file.js";
import { confirmed } from "./confirm.js";
import type { Context } from "./context.js";
import { exitCodes } from "./exit.js";
import { writePrivateFile } from "./private-file.js";

/** `bot keys backup`: gives out the keys, to be kept where Redis and this host are not. */
export function addKeysBackup(keys: Command, context: Context): void {
  keys
    .command("backup")
    .description("copy the keys to a new file, or print them; without them Redis and its backups cannot be read")
    .argument("[file]", "a new file; only this user will be able to read it")
    .option("--accounts <file>", "another accounts.yaml")
    .option("--yes", "show them on the terminal without asking")
    .action(async (file: string | undefined, options: { accounts?: string; yes?: boolean }) => {
      const text = await keyText(context.environment(options));
      if (file !== undefined) {
        await writePrivateFile(file, text);
        context.stderr.write(`${file} holds the keys: keep it where neither Redis nor this host is.\n`);
        return;
      }
      const isSeen = context.stdout.isTTY && options.yes !== true;
      if (isSeen && !(await confirmed(context, "Show the keys here, where others may see them?"))) {
        process.exitCode = exitCodes.failed;
        return;
      }
      context.stdout.write(text);
      context.stderr.write("Keep this line secret and safe; it is what BOT_KEY, or the file of BOT_KEY_FILE, holds.\n");
    });
}
