import { CronExpressionParser } from "cron-parser";
import { z } from "../../core/plugin.js";
import { fillTemplate, lengthOf, unknownPlaceholders } from "./compose.js";

const cron = z
  .string()
  .refine(isCron, 'not a cron expression: write five fields as in "0 9 * * *", or six with seconds first');

const shape = z.strictObject({
  feed: z
    .url({ protocol: /^https?$/, error: "not an address: write the feed's, with http:// or https://" })
    .optional()
    .describe("The address of an RSS or Atom feed whose new items are posted"),
  texts: z
    .array(z.string().trim().min(1, "an empty text cannot be posted"))
    .min(1, "texts is empty: write at least one")
    .optional()
    .describe("Texts that are posted one after the other"),
  cron: cron.optional().describe("When to post, or to read the feed. Texts: 0 9 * * * unless given"),
  every: z
    .number()
    .int()
    .min(1, "every is in minutes, at least 1")
    .max(24 * 60, "every is in minutes, at most a day: use cron for more")
    .optional()
    .describe("Read the feed every so many minutes; 15 unless given"),
  random: z.boolean().optional().describe("Pick a text at random instead of in order"),
  template: z.string().optional().describe("The post about an item: {title}, {link} and {summary} are replaced"),
  backlog: z
    .number()
    .int()
    .min(0)
    .max(20)
    .optional()
    .describe("How many items to post that were there at the start; 0"),
  max_per_run: z.number().int().min(1).max(20).optional().describe("The most items to post at a time; 3"),
  max_age_days: z.number().int().min(1).optional().describe("Items that are dated further back are not posted; 7"),
  visibility: z.enum(["public", "unlisted", "private", "direct"]).default("public").describe("Who sees the posts"),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/, 'not a language: write a code such as "en" or "pt-BR"')
    .optional()
    .describe("The language of the posts, as an ISO 639 code"),
  spoiler_text: z.string().min(1).optional().describe("A content warning in front of each post"),
  max_length: z.number().int().min(50).max(100_000).default(500).describe("The server's limit for a post"),
});

type Shape = z.output<typeof shape>;
type Complain = (path: (string | number)[], message: string) => void;

/** What `with:` holds for this plugin. */
export const configSchema = shape.superRefine((config, context) => {
  const complain: Complain = (path, message) => context.addIssue({ code: "custom", path, message });
  checkSource(config, complain);
  checkTemplate(config, complain);
  checkLengths(config, complain);
});

/** The validated configuration. */
export type Config = z.output<typeof configSchema>;

/** What a post consists of unless the configuration says otherwise. */
export const defaultTemplate = "{title}\n\n{link}";

const onlyForTexts = ["random"] as const;
const onlyForFeeds = ["every", "template", "backlog", "max_per_run", "max_age_days"] as const;

function checkSource(config: Shape, complain: Complain): void {
  if ((config.feed === undefined) === (config.texts === undefined)) {
    const path = config.feed === undefined ? [] : ["texts"];
    complain(path, "give exactly one of feed (an address) and texts (a list)");
    return;
  }
  const [source, foreign] = config.feed === undefined ? ["texts", onlyForFeeds] : ["a feed", onlyForTexts];
  for (const option of foreign) {
    if (config[option] !== undefined) complain([option], `${option} does nothing with ${source}: leave it out`);
  }
  if (config.every !== undefined && config.cron !== undefined) {
    complain(["every"], "give every or cron, not both");
  }
}

function checkTemplate({ template }: Shape, complain: Complain): void {
  if (template === undefined) return;
  const unknown = unknownPlaceholders(template);
  if (unknown.length > 0) {
    complain(["template"], `${unknown.join(", ")} is unknown: write {title}, {link} or {summary}`);
  } else if (!/\{(title|link|summary)\}/.test(template)) {
    complain(["template"], "every post would be the same: write {title}, {link} or {summary} into it");
  }
}

/** Mastodon counts the content warning too. */
function checkLengths(config: Shape, complain: Complain): void {
  const room = config.max_length - lengthOf(config.spoiler_text ?? "");
  for (const [index, text] of (config.texts ?? []).entries()) {
    const length = lengthOf(text);
    if (length > room)
      complain(["texts", index], `${length} characters where ${room} fit: shorten it, or raise max_length`);
  }
  const bare = fillTemplate(config.template ?? defaultTemplate, {
    title: "",
    summary: "",
    link: "https://example.org",
  });
  if (lengthOf(bare) > room)
    complain(["template"], `nothing fits into the ${room} characters of a post beside it: shorten it`);
}

function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) return false;
  try {
    CronExpressionParser.parse(text);
    return true;
  } catch {
    return false;
  }
}
