import { isCancel, password } from "@clack/prompts";
import { HowdahError } from "../errors.js";
import type { Context } from "./context.js";
import type { Environment } from "./environment.js";

const variable = "BOT_PASSPHRASE";
const shortest = 12;

/** The passphrase for a new file, asked for twice. Throws CONFIG_INVALID where it is too short or cannot be asked for. */
export async function newPassphrase(context: Context, environment: Environment): Promise<string> {
  const given = environment.variables[variable];
  if (given !== undefined && given !== "") return longEnough(given);
  const passphrase = longEnough(await ask(context, `A passphrase for the file, ${shortest} characters or more`));
  if ((await ask(context, "The same again")) === passphrase) return passphrase;
  throw new HowdahError("CONFIG_INVALID", "the two passphrases are not the same", { cure: "try again" });
}

/** The passphrase of a file. Throws CONFIG_INVALID where it cannot be asked for. */
export async function passphraseOf(context: Context, environment: Environment): Promise<string> {
  const given = environment.variables[variable];
  return given === undefined || given === "" ? ask(context, "The file's passphrase") : given;
}

function longEnough(passphrase: string): string {
  if (passphrase.length >= shortest) return passphrase;
  throw new HowdahError("CONFIG_INVALID", `the passphrase has fewer than ${shortest} characters`, {
    cure: "the file holds all tokens: take a longer one",
  });
}

async function ask(context: Context, message: string): Promise<string> {
  if (!context.stdin.isTTY) {
    throw new HowdahError("CONFIG_INVALID", "no passphrase is given, and without a terminal none can be asked for", {
      cure: `put it into ${variable}`,
    });
  }
  const answer = await password({ message, input: context.stdin, output: context.stderr });
  if (isCancel(answer) || answer === undefined) {
    throw new HowdahError("CONFIG_INVALID", "no passphrase was given", { cure: "nothing was changed" });
  }
  return answer;
}
