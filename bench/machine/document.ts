import { z } from "zod";
import { conditionsSchema } from "./conditions.ts";
import { controlSchema } from "./control.ts";
import { headSchema } from "./int4-head.ts";
import { loopCostSchema } from "./loop-costs.ts";
import { sideBySideSchema } from "./side-by-side.ts";

/** bench/results/machine-<date>.json: every sample, and what the tables say. Seconds are wall time of one run. */
export const documentSchema = z.strictObject({
  schema: z.literal("decode-lab/bench-machine@1"),
  date: z.iso.date(),
  conditions: conditionsSchema,
  warmups: z.int().nonnegative(),
  repetitions: z.int().positive(),
  control: controlSchema.describe("what a wrong kernel made each observer tell, so that checks are known to be on"),
  loops: z.array(loopCostSchema).optional(),
  sideBySide: sideBySideSchema.optional(),
  int4Head: headSchema.optional(),
});
export type BenchDocument = z.output<typeof documentSchema>;
