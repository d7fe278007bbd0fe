import { z } from "zod";
import { CHECK_NAMES } from "./finding.ts";
import { subjectName, variantSchema } from "./variant.ts";

/** A variant that is wrong on purpose: `broken` must be caught by the expected check, `twin` (one line differs) must pass. */
export const exhibitSchema = z.strictObject({
  schema: z.literal("decode-lab/exhibit@1"),
  name: subjectName,
  description: z.string(),
  expected: z.strictObject({
    check: z.enum(CHECK_NAMES),
    class: z.string().optional().describe("of a data race"),
  }),
  variant: variantSchema,
  workload: z.string().describe("id of a workload of the definition"),
  target: z.string(),
});

export type Exhibit = z.output<typeof exhibitSchema>;

export const EXHIBIT_SIDES = ["broken", "twin"] as const;
export type ExhibitSide = (typeof EXHIBIT_SIDES)[number];
