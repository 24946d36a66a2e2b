import { z } from "../../core/plugin.js";

/** What `with:` holds for this plugin; all of it can be left out. */
export const configSchema = z
  .strictObject({
    bots: z.boolean().default(false).describe("Follow accounts back that are labelled as bots too"),
    min_age_days: z
      .number()
      .int()
      .min(0)
      .default(0)
      .describe("Leave accounts alone that are younger than so many days"),
    min_statuses: z.number().int().min(0).default(0).describe("Leave accounts alone that have posted less often"),
    ignore: z
      .array(
        z
          .string()
          .trim()
          .regex(/^@?[^@\s]+(@[^@\s]+)?$/, 'not a handle: write "name", "name@host" or "*@host"'),
      )
      .default([])
      .describe('Handles to leave alone; * stands for any characters: "*@spam.example"'),
    accept_requests: z.boolean().default(false).describe("Accept follow requests of those who would be followed back"),
  })
  .prefault({});

/** The validated configuration. */
export type Config = z.output<typeof configSchema>;
