import { z } from "zod";
import { allScopes } from "../mastodon/scopes.js";
import { didYouMean } from "./did-you-mean.js";
import { durationRule, readDeadline, readSince, readStaleAfter } from "./duration.js";

/**
 * The shape of accounts.yaml. Descriptions serve twice: in messages, as what would be right, and in an editor.
 * What depends on more than one key or on a plugin is checked by `load.ts`.
 */

const namePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const nameRule =
  "not a name that can be used: write a to z, 0 to 9, - and _, at most 63, beginning with a letter or digit";

/** A name of an account or a rider. */
export const nameSchema = z.string().regex(namePattern, nameRule);

const scopeSchema = z.enum(allScopes);

/** One plugin of an account, written out. */
export const pluginEntrySchema = z.strictObject({
  use: z.string().min(1, "empty: write the name of a plugin").describe("a shipped plugin, an npm package or a path"),
  as: nameSchema.describe("the rider's name, such as headlines").optional(),
  allow: z.array(scopeSchema).describe("optional scopes of the plugin to grant, such as [write:media]").optional(),
  since: z
    .string()
    .refine(
      (text) => readSince(text) !== undefined,
      `not a duration or a time: ${durationRule}, or 2026-08-01T12:00:00Z`,
    )
    .describe("how far back a first start begins, such as 2h or 2026-08-01T12:00:00Z")
    .optional(),
  stale_after: z
    .string()
    .refine((text) => readStaleAfter(text) !== undefined, `not a duration: ${durationRule}, or never`)
    .describe("how old an event may be when it is handled, such as 12h, or never")
    .optional(),
  order: z
    .enum(["strict"])
    .describe("strict, where an event that waits or failed holds up its conversation")
    .optional(),
  deadline: z
    .string()
    .refine((text) => readDeadline(text) !== undefined, "not a deadline: write 1s to 10m, such as 30s")
    .describe("how long a handler may take, such as 30s")
    .optional(),
  replies_per_thread: z
    .int("not a whole number: write 5, or how many answers there may be")
    .min(1, "too few: write 1 or more")
    .max(1_000, "too many: write 1000 or less")
    .describe("how many answers there may be in one thread within an hour, such as 5")
    .optional(),
  with: z.unknown().describe("the plugin's own settings").optional(),
});

const timezoneSchema = z
  .string()
  .refine(isTimezone, { error: (issue) => `not a time zone that is known: ${rightTimezone(issue.input)}` })
  .describe("an IANA time zone, such as Europe/Berlin");

const perHour = z
  .int("not a whole number: write how many writes an hour, such as 60")
  .min(1, "too few: write at least 1; to stop an account, take its plugins out");

const capsSchema = z
  .strictObject({
    rider_per_hour: perHour.describe("writes an hour of one plugin, such as 60").optional(),
    server_per_hour: perHour.describe("writes an hour to one server over the fleet, such as 300").optional(),
  })
  .describe("rider_per_hour: and server_per_hour:");

const settings = {
  scopes: z
    .array(scopeSchema)
    .describe("scopes to authorize for beyond the riders' own, such as [read, write]")
    .optional(),
  timezone: timezoneSchema.optional(),
  dry_run: z.boolean().describe("whether writes are only logged").optional(),
  allow_http: z.boolean().describe("whether a test server may be reached without encryption").optional(),
  allow_unlabelled: z.boolean().describe("whether to write without being labelled as a bot").optional(),
  share: z
    .number()
    .gt(0, "too little: write a number over 0, such as 0.8")
    .lte(1, "too much: write a number up to 1, such as 0.8")
    .describe("how much of the server's limits to use, such as 0.8")
    .optional(),
  caps: capsSchema.optional(),
  plugins: z
    .array(z.union([pluginEntrySchema.shape.use, pluginEntrySchema]))
    .describe("the account's plugins, each a name or use: with as:, allow: and with:")
    .optional(),
};

const handlePattern = /^@?\w(?:[\w.-]*\w)?(?:@[^\s@/]+)?$/;

/** One account. */
export const accountSchema = z
  .strictObject({
    server: z.string().describe("the server's origin, such as https://mastodon.social"),
    handle: z
      .string()
      .regex(handlePattern, 'not a handle: write newsbot, "@newsbot" or newsbot@mastodon.social')
      .describe("the handle that the person must have, such as newsbot")
      .optional(),
    was: nameSchema.describe("the name that this account had before, such as oldbot").optional(),
    ...settings,
  })
  .describe("its settings, at least server:");

/** What is merged into every account: the same keys but `server`, `handle` and `was`; an account's own key replaces the default's, lists too. */
export const defaultsSchema = z.strictObject(settings);

/** The whole file. */
export const fleetSchema = z.strictObject({
  contact: z
    .string()
    // It goes into a header: visible ASCII and spaces only.
    .regex(/^[ -~]{1,200}$/, "not fit for a header: write one line of ASCII, at most 200 characters")
    .refine(
      (text) => /\S@\S|:\/\/\S/.test(text),
      "reaches nobody: write an e-mail or web address, such as ops@example.org",
    )
    .describe("an e-mail or web address for other servers' admins, such as ops@example.org")
    .optional(),
  defaults: defaultsSchema.describe("what is merged into every account").optional(),
  accounts: z
    .record(nameSchema, accountSchema)
    .refine((accounts) => Object.keys(accounts).length > 0, "no account yet: write a name, and server: under it")
    .describe("one entry per account: its name, and its settings under that"),
});

const knownTimezones = new Map<string, boolean>();

function isTimezone(name: string): boolean {
  const known = knownTimezones.get(name) ?? tryTimezone(name);
  knownTimezones.set(name, known);
  return known;
}

function tryTimezone(name: string): boolean {
  // Newer engines take an offset such as +01:00 as well; a clock's changes are lost with it.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function rightTimezone(input: unknown): string {
  const zones = ["UTC", ...Intl.supportedValuesOf("timeZone")];
  const city = `/${String(input).toLowerCase().replaceAll(" ", "_")}`;
  const right = zones.find((zone) => zone.toLowerCase().endsWith(city)) ?? didYouMean(String(input), zones);
  return right === undefined ? "write an IANA name, such as Europe/Berlin" : `did you mean "${right}"?`;
}
