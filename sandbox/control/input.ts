import { z } from "zod";
import { operationList } from "../../core/mastodon/operations.js";
import { Refusal } from "../refusal.js";

const user = z.string().min(1);

/** What `POST /sandbox/grant` takes. */
export const grantInput = z.strictObject({
  user,
  client_id: z.string(),
  redirect_uri: z.string(),
  scope: z.string(),
  code_challenge: z.string().optional(),
  code_challenge_method: z.string().optional(),
  // The authorize page's other parameters, so that its whole query may be handed over.
  response_type: z.literal("code").optional(),
  force_login: z.unknown().optional(),
  state: z.unknown().optional(),
});

const operationNames: ReadonlySet<string> = new Set(operationList.map(({ name }) => name));
const operationName = z.string().refine((name) => operationNames.has(name), "is no operation of the table");
const values = z.record(z.string(), z.unknown());

/** What `POST /sandbox/act` takes: an operation by its name, or by its method and path. */
export const actInput = z.union([
  z.strictObject({ user, operation: operationName, params: values.optional() }),
  z.strictObject({ user, method: z.string(), path: z.string().startsWith("/"), body: values.optional() }),
]);

/** What `POST /sandbox/revoke` takes. */
export const revokeInput = z.union([z.strictObject({ user }), z.strictObject({ token: z.string().min(1) })]);

/** A body that only names a person. */
export const userInput = z.strictObject({ user });

/** What `POST /sandbox/suspend` takes. */
export const suspendInput = z.strictObject({ user, suspended: z.boolean() });

/** What streams to drop or to leave half open: one person's, or all. */
export const streamsInput = z.strictObject({ user: user.optional() });

/** What held requests to let go: of one rule, or of all. */
export const releaseInput = z.strictObject({ id: z.int().optional() });

/** What `POST /sandbox/faults` takes. */
export const faultInput = z.strictObject({
  method: z.string().optional(),
  path: z.string().startsWith("/").optional(),
  user: user.optional(),
  times: z.int().min(1).default(1),
  when: z.enum(["before", "after"]).default("before"),
  action: z.union([
    z.literal("hold"),
    z.literal("cut"),
    z.strictObject({ delayMs: z.number().min(0).max(3_600_000) }),
    z
      .strictObject({
        status: z.int().min(200).max(599),
        json: z.unknown().optional(),
        html: z.string().optional(),
        headers: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\t\x20-\x7e]*$/)).optional(),
      })
      .refine((action) => action.json === undefined || action.html === undefined, "takes json or html, not both"),
  ]),
});

/** Checks the input of a control route; throws 422 that says what is wrong. */
export function checked<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${explained(issue)}`);
  throw new Refusal(422, mistakes.join("; "));
}

/** For alternatives: what each of them lacks. */
function explained(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message;
  const alternatives = issue.errors.map((issues) =>
    issues.map((inner) => [inner.path.join("."), inner.message].filter((part) => part !== "").join(" ")).join(", "),
  );
  return `fits none of the alternatives (${alternatives.join(" | ")})`;
}
