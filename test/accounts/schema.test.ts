import { expect, test } from "vitest";
import { z } from "zod";
import { fleetSchema } from "../../core/accounts/schema.js";

test("an editor's schema comes from the same definitions, with their descriptions", () => {
  const schema = z.toJSONSchema(fleetSchema, { io: "input" });
  expect(schema).toMatchObject({
    type: "object",
    additionalProperties: false,
    required: ["accounts"],
    properties: {
      accounts: {
        propertyNames: { pattern: "^[a-z0-9][a-z0-9_-]{0,62}$" },
        additionalProperties: { required: ["server"], properties: { dry_run: { type: "boolean" } } },
      },
      defaults: { additionalProperties: false, properties: { timezone: { type: "string" } } },
    },
  });
  expect(JSON.stringify(schema)).toContain("the server's origin, such as https://mastodon.social");
});
