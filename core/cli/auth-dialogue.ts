import { cancel, intro, isCancel, log, note, outro, text } from "@clack/prompts";
import { renderUnicodeCompact } from "uqr";
import type { Account } from "../accounts/account.js";
import type { Standing } from "../auth/auth-service.js";
import { codeIn } from "../auth/code.js";
import { HowdahError } from "../errors.js";
import type { NeededScopes } from "../host/needed-scopes.js";
import type { Plugin } from "../plugin.js";

const tries = 3;
const mostRules = 5;
const longestRule = 68;

/** What the dialogue is about. */
export interface Dialogue {
  readonly account: Account<Plugin>;
  readonly needed: NeededScopes;
  /** The server's own, as it words them; none where it has none or does not say. */
  readonly rules: readonly string[];
  readonly url: string;
  /** Whether the address is shown as a QR code as well. */
  readonly qr: boolean;
  /** Such as `2 of 7`; empty for one alone. */
  readonly place: string;
  readonly finish: (code: string) => Promise<Standing>;
}

/** Talks an operator at a terminal through it. Undefined: given up by Ctrl-C. Throws what the last try threw. */
export async function talkThrough(dialogue: Dialogue): Promise<Standing | undefined> {
  show(dialogue);
  for (let attempt = 1; ; attempt += 1) {
    const code = await text({ message: "Paste the code that it shows", validate: whyNoCode });
    if (isCancel(code)) {
      cancel("Given up; nothing was changed.");
      return undefined;
    }
    try {
      const standing = await dialogue.finish(code);
      outro("Done.");
      return standing;
    } catch (error) {
      if (!(error instanceof HowdahError) || error.code !== "CODE_REFUSED" || attempt === tries) throw error;
      log.warn(`${error.message}\n${error.cure ?? ""}`);
    }
  }
}

function show({ account, needed, place, qr, rules, url }: Dialogue): void {
  const which = place === "" ? "" : ` (${place})`;
  intro(`Authorize ${account.name} on ${new URL(account.server).host}${which}`);
  const wishes = [...needed.wantedBy].map(([scope, names]) => `${scope.padEnd(22)} ${names.join(", ")}`);
  note(wishes.join("\n"), "It will be asked for");
  if (rules.length > 0) note(shortRules(rules).join("\n"), "The server's rules");
  // Outside a box: an address must stay in one piece to be copied or clicked.
  log.message(`Visit this address, signed in as ${account.handle === undefined ? "the bot" : `@${account.handle}`}:`);
  process.stdout.write(`\n${url}\n\n`);
  if (qr) process.stdout.write(`${renderUnicodeCompact(url)}\n\n`);
}

function shortRules(rules: readonly string[]): string[] {
  const shown = rules.slice(0, mostRules).map((rule) => {
    const [line = ""] = rule.split(/(?<=\.) /);
    return `- ${line.length > longestRule ? `${line.slice(0, longestRule - 3).trimEnd()}...` : line}`;
  });
  return rules.length > mostRules ? [...shown, `and ${rules.length - mostRules} more on its about page`] : shown;
}

/** What holds no code costs no try: a stray line break is none. */
function whyNoCode(pasted: string | undefined): string | undefined {
  return codeIn(pasted ?? "") === undefined ? "That holds no code: paste what the server's page shows" : undefined;
}
