import { cancel, intro, isCancel, log, note, outro, text } from "@clack/prompts";
import type { Account } from "../accounts/account.js";
import type { Standing } from "../auth/auth-service.js";
import { HowdahError } from "../errors.js";
import type { NeededScopes } from "../host/needed-scopes.js";
import type { Plugin } from "../plugin.js";

const tries = 3;

/** What the dialogue is about. */
export interface Dialogue {
  readonly account: Account<Plugin>;
  readonly needed: NeededScopes;
  readonly url: string;
  readonly finish: (code: string) => Promise<Standing>;
}

/** Talks an operator at a terminal through it. Undefined: given up by Ctrl-C. Throws what the last try threw. */
export async function talkThrough({ account, needed, url, finish }: Dialogue): Promise<Standing | undefined> {
  intro(`Authorize ${account.name} on ${new URL(account.server).host}`);
  const wishes = [...needed.wantedBy].map(([scope, names]) => `${scope.padEnd(22)} ${names.join(", ")}`);
  note(wishes.join("\n"), "It will be asked for");
  // Outside a box: an address must stay in one piece to be copied or clicked.
  log.message(`Visit this address, signed in as ${account.handle === undefined ? "the bot" : `@${account.handle}`}:`);
  process.stdout.write(`\n${url}\n\n`);
  for (let attempt = 1; ; attempt += 1) {
    const code = await text({ message: "Paste the code that it shows" });
    if (isCancel(code)) {
      cancel("Given up; nothing was changed.");
      return undefined;
    }
    try {
      const standing = await finish(code ?? "");
      outro("Done.");
      return standing;
    } catch (error) {
      if (!(error instanceof HowdahError) || error.code !== "CODE_REFUSED" || attempt === tries) throw error;
      log.warn(`${error.message}\n${error.cure ?? ""}`);
    }
  }
}
