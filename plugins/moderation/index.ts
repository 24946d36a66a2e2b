import { definePlugin, type Log, type Status } from "../../core/plugin.js";
import { act, scopeOf, type Call } from "./act.js";
import { configSchema, type Rule } from "./config.js";
import { compileRule } from "./match.js";
import { memoryOf } from "./memory.js";

/** Mutes, blocks or reports senders by rules; only says what it would do unless `enforce` is set. */
export default definePlugin({
  name: "moderation",
  scopes: ["read:notifications", "read:statuses", "read:follows"],
  optionalScopes: ["write:mutes", "write:blocks", "write:reports"],
  config: configSchema,
  setup({ on, config, account, log }) {
    const matchers = config.rules.map((rule) => compileRule(rule, new URL(account.server).host));
    const warnNotAllowed = warnOnce(log);

    const judge = async (place: Rule["on"][number], status: Status, call: Call) => {
      // A boost is judged by what was boosted, and concerns its author.
      const post = status.reblog ?? status;
      if (post.account.id === account.id) return;
      const fitting = matchers.filter(({ rule, matches }) => rule.on.includes(place) && matches(post, Date.now()));
      if (fitting.length === 0) return;
      const memory = await memoryOf(post.account.id, call.state, config.enforce);
      const due = fitting.map(({ rule }) => rule).filter((rule) => !memory.has(rule));
      for (const rule of reportsLast(await withoutSpared(due, post, call))) {
        if (await carryOut(rule, post, call)) memory.add(rule);
      }
    };

    const carryOut = async (rule: Rule, post: Status, call: Call) => {
      const fields = { rule: rule.name, action: rule.action, account: post.account.id, status: post.id };
      const what = `${rule.action} ${post.account.acct} by the rule "${rule.name}"`;
      if (!config.enforce) call.log.info(`simulation: would ${what}`, fields);
      else if (await act(rule, post, call)) call.log.info(what, fields);
      else return warnNotAllowed(rule);
      return true;
    };

    const places = new Set(config.rules.flatMap((rule) => rule.on));
    if (places.has("mentions")) {
      on("notification.mention", (call) => judge("mentions", call.notification.status, call), { bots: true });
    }
    // Each of these is another stream: only those that a rule asks for.
    for (const place of ["home", "local", "public"] as const) {
      if (places.has(place)) on(`timeline.${place}`, (call) => judge(place, call.status, call));
    }
  },
});

/** People whom the account follows are spared unless a rule says otherwise. */
async function withoutSpared(rules: readonly Rule[], post: Status, { client }: Call): Promise<readonly Rule[]> {
  if (rules.every((rule) => rule.even_followed)) return rules;
  const [relationship] = await client.accounts.relationships({ id: [post.account.id] });
  return relationship?.following === true ? rules.filter((rule) => rule.even_followed) : rules;
}

/** A report is the one action that has another effect when repeated: nothing that can fail comes after it. */
function reportsLast(rules: readonly Rule[]): readonly Rule[] {
  return rules.toSorted((a, b) => Number(a.action === "report") - Number(b.action === "report"));
}

/** Says which scope a rule lacks, once for each rule: it would come with every post. Answers that nothing was done. */
function warnOnce(log: Log): (rule: Rule) => false {
  const warned = new Set<string>();
  return (rule) => {
    if (warned.has(rule.name)) return false;
    warned.add(rule.name);
    const scope = scopeOf[rule.action];
    log.warn(`the rule "${rule.name}" cannot ${rule.action}: add ${scope} to the plugin's allow in accounts.yaml`, {
      rule: rule.name,
      scope,
    });
    return false;
  };
}
