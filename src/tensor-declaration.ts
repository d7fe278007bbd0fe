import { z } from "zod";

export const axisName = z.string().regex(/^[a-z][a-z0-9_]*$/);

const shapeSchema = z.array(z.string()).describe("axis names or CEL expressions over the axes");
const dtypeSchema = z.string().describe("float32, int64, …, or a name among the definition's dtypes");

const tensorShape = {
  dtype: dtypeSchema,
  when: z.string().optional().describe("CEL: where it is false, the kernel gets a null pointer"),
  description: z.string().optional(),
};

export const inputSchema = z.strictObject({
  shape: shapeSchema.nullable().describe("null: a scalar"),
  ...tensorShape,
  fill: z
    .enum(["activation", "weight"])
    .default("activation")
    .describe(
      "by the workload's recipe, or distinct values around 1; unless the workload or reference.ts gives the values",
    ),
  vector: z
    .string()
    .optional()
    .describe("CEL: elements of the last dimension that a recipe treats as one; default all"),
  valid: z.string().optional().describe("CEL: leading elements of the last dimension that hold data; the rest is NaN"),
  value: z.number().optional().describe("of a scalar"),
  raw: z.boolean().default(false).describe("reference.ts gets the bits, not values"),
});

export type InputDefinition = z.output<typeof inputSchema>;

/** How an output is judged. */
const ruleSchema = z.union([
  z.literal("exact").describe("every element equals the reference"),
  z
    .strictObject({ atol: z.number().nonnegative(), rtol: z.number().nonnegative(), source: z.string() })
    .describe("every element within atol + rtol |reference|"),
]);

export type OutputRule = z.output<typeof ruleSchema>;

/** An output with an input's name is that input's buffer, updated in place. */
export const outputSchema = z.strictObject({
  shape: shapeSchema,
  ...tensorShape,
  rule: ruleSchema.optional().describe("default: the definition's tolerance, per vector"),
});

/** Scratch memory, kept from launch to launch and never cleared. */
export const workspaceSchema = z.strictObject({
  shape: shapeSchema,
  ...tensorShape,
  init: z.enum(["poison", "zeros"]).describe("before the first launch"),
});
