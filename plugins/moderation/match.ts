import { Parser } from "htmlparser2";
import { RE2JS } from "re2js";
import { plainText, type Account, type Status } from "../../core/plugin.js";
import type { Rule } from "./config.js";

/** A rule whose patterns are compiled. */
export interface Matcher {
  readonly rule: Rule;
  /** Whether all of the rule's conditions hold for a post at the time `now`. */
  readonly matches: (post: Status, now: number) => boolean;
}

type Condition = (post: Status, now: number) => boolean;

const dayMs = 24 * 60 * 60 * 1000;

/** Prepares a rule; `host` is the server's own, which handles of its people leave out. */
export function compileRule(rule: Rule, host: string): Matcher {
  const conditions = conditionsOf(rule, host);
  return { rule, matches: (post, now) => conditions.every((holds) => holds(post, now)) };
}

function conditionsOf({ match }: Rule, host: string): Condition[] {
  const { text, sender, account_age_days_below, mentions_above, links_above, bot } = match;
  const conditions: Condition[] = [];
  if (bot !== undefined) conditions.push((post) => post.account.bot === bot);
  if (mentions_above !== undefined) conditions.push((post) => post.mentions.length > mentions_above);
  if (account_age_days_below !== undefined) {
    conditions.push((post, now) => now - Date.parse(post.account.created_at) < account_age_days_below * dayMs);
  }
  if (sender !== undefined) conditions.push(senderCondition(sender, host));
  if (links_above !== undefined) conditions.push((post) => countLinks(post.content) > links_above);
  if (text !== undefined) conditions.push(textCondition(text));
  return conditions;
}

function textCondition(text: string): Condition {
  const pattern = RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
  return (post) => pattern.test(plainText(post.content)) || pattern.test(post.spoiler_text);
}

/** A pattern without a host goes for the name on any server. */
function senderCondition(sender: string, host: string): Condition {
  const wanted = sender.replace(/^@/, "");
  const source = wanted
    .split("*")
    .map((part) => RE2JS.quote(part))
    .join(".*");
  const pattern = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  return ({ account }) => pattern.matches(wanted.includes("@") ? handleOf(account, host) : account.username);
}

function handleOf({ acct }: Account, host: string): string {
  return acct.includes("@") ? acct : `${acct}@${host}`;
}

/** Links of the author's own: those that stand for a mention or a hashtag do not count. */
function countLinks(html: string): number {
  let count = 0;
  const parser = new Parser({
    onopentag: (name, { class: classes = "", rel = "" }) => {
      if (name === "a" && !/\b(mention|hashtag)\b/.test(classes) && !/\btag\b/.test(rel)) count += 1;
    },
  });
  parser.end(html);
  return count;
}
