import { RE2JS } from "re2js";
import { z } from "../../core/plugin.js";

const pattern = z
  .string()
  .min(1, "an empty pattern would match everything")
  .superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: `not a regular expression: ${problem}` });
  });

const conditions = z
  .strictObject({
    text: pattern.optional().describe("A regular expression (RE2 syntax, any case) found in the text or its warning"),
    sender: z
      .string()
      .trim()
      .regex(/^@?[^@\s]+(@[^@\s]+)?$/, 'not a handle: write "name", "name@host" or "*@host"')
      .optional()
      .describe("The sender's handle; * stands for any characters: *@spam.example"),
    account_age_days_below: z.number().min(0).optional().describe("The sender's account is younger than so many days"),
    mentions_above: z.number().int().min(0).optional().describe("The post mentions more people than this"),
    links_above: z.number().int().min(0).optional().describe("The post has more links than this"),
    bot: z.boolean().optional().describe("Whether the sender is labelled as a bot"),
  })
  .refine((match) => Object.values(match).some((condition) => condition !== undefined), {
    error: "a rule without a condition would match everyone: give at least one",
  });

const ruleSchema = z
  .strictObject({
    name: z.string().trim().min(1, "a rule needs a name").max(60),
    match: conditions.describe("All that is given must hold"),
    on: z
      .array(z.enum(["mentions", "home", "local", "public"]))
      .min(1, "on is empty: leave it out for mentions")
      .default(["mentions"])
      .describe("Where to look"),
    action: z.enum(["mute", "block", "report"]),
    comment: z.string().max(1000).optional().describe("Goes to the server's moderators with a report"),
    duration: z
      .string()
      .regex(
        /^[1-9]\d{0,5}[mhdw]$/,
        'not a duration: write minutes, hours, days or weeks as in "30m", "12h", "7d", "2w"',
      )
      .optional()
      .describe("How long a mute lasts, for example 7d; for good unless given"),
    even_followed: z.boolean().default(false).describe("Act on people whom the account follows too"),
  })
  .refine(({ action, comment }) => comment === undefined || action === "report", {
    path: ["comment"],
    error: "only a report has a comment: leave it out",
  })
  .refine(({ action, duration }) => duration === undefined || action === "mute", {
    path: ["duration"],
    error: "only a mute has a duration: leave it out",
  });

/** What `with:` holds for this plugin. */
export const configSchema = z
  .strictObject({
    enforce: z.boolean().default(false).describe("Act; otherwise only log what would be done"),
    rules: z.array(ruleSchema).min(1, "rules is empty: write at least one"),
  })
  .superRefine(({ rules }, context) => {
    for (const [index, { name }] of rules.entries()) {
      if (rules.findIndex((other) => other.name === name) === index) continue;
      const message = `another rule is called "${name}" already: names tell in the log which one it was`;
      context.addIssue({ code: "custom", path: ["rules", index, "name"], message });
    }
  });

/** One validated rule. */
export type Rule = z.output<typeof ruleSchema>;

/** RE2 matches in linear time: no pattern and no post can keep the process busy. */
function problemOf(text: string): string | undefined {
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace("error parsing regexp: ", "") : String(error);
  }
}
