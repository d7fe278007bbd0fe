import { z } from "zod";
import { RECIPE_NAMES } from "./recipes.ts";

const valuesSchema = z.strictObject({
  kind: z.literal("list"),
  values: z.array(z.number()).min(1),
});

export type WorkloadValues = z.output<typeof valuesSchema>;

/** One point of the axes with a seed and a recipe; every further key is an input's name with its values. */
export const workloadSchema = z
  .object({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    description: z.string().optional(),
    axes: z.record(z.string(), z.int().nonnegative()),
    seed: z.int().nonnegative(),
    recipe: z.enum(RECIPE_NAMES),
    quick: z.boolean().default(false).describe("part of `check --quick`"),
  })
  .catchall(valuesSchema);

export type Workload = z.output<typeof workloadSchema>;

/** The values that a workload gives to the input, if it does. */
export function workloadValues(workload: Workload, input: string): WorkloadValues | undefined {
  const parsed = valuesSchema.safeParse(workload[input]);
  return parsed.success ? parsed.data : undefined;
}
