import type { Command } from "commander";
import type { Context } from "./context.js";
import { addKeysBackup } from "./keys-backup.js";
import { addKeysList } from "./keys-list.js";
import { addKeysRotate } from "./keys-rotate.js";

/** `bot keys`: the keys that tokens, events and results are encrypted with. */
export function addKeys(program: Command, context: Context): void {
  const keys = program.command("keys").description("the keys that everything secret is encrypted with");
  for (const add of [addKeysList, addKeysRotate, addKeysBackup]) add(keys, context);
}
