import { z } from "zod";

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
    dtypes: z
      .record(z.string(), z.string())
      .optional()
      .describe("of the definition's dtypes; default the first of each"),
    seed: z.int().nonnegative(),
    recipe: z.string().describe("of src/recipes.ts, or of the kernel's reference.ts"),
    launches: z
      .int()
      .positive()
      .default(1)
      .describe("in a row on the same workspaces; each further one takes inputs of another seed"),
    quick: z.boolean().default(false).describe("part of `check --quick`"),
    full: z.boolean().default(false).describe("part of `check --full` alone"),
  })
  .catchall(valuesSchema)
  .refine(({ quick, full }) => !(quick && full), "a workload is quick or full, not both");

export type Workload = z.output<typeof workloadSchema>;

/** The values that a workload gives to the input, if it does. */
export function workloadValues(workload: Workload, input: string): WorkloadValues | undefined {
  const parsed = valuesSchema.safeParse(workload[input]);
  return parsed.success ? parsed.data : undefined;
}
