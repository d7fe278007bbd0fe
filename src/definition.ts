import { z } from "zod";
import { dtypeFromLongName, LONG_DTYPE_NAMES } from "./dtype.ts";
import { type Axes, evaluateBoolean, evaluateInteger } from "./expression.ts";
import { readRecord } from "./record-file.ts";
import { subjectName, variantSchema } from "./variant.ts";
import { type Workload, workloadSchema } from "./workload.ts";

export type { Axes } from "./expression.ts";

const axisName = z.string().regex(/^[a-z][a-z0-9_]*$/);
const dtypeSchema = z.enum(LONG_DTYPE_NAMES).transform(dtypeFromLongName);
const shapeSchema = z.array(z.string()).describe("axis names or CEL expressions over the axes");

const inputSchema = z.strictObject({
  shape: shapeSchema.nullable().describe("null: a scalar"),
  dtype: dtypeSchema,
  description: z.string().optional(),
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
});

const outputSchema = z.strictObject({ shape: shapeSchema, dtype: dtypeSchema, description: z.string().optional() });

function idsDiffer(workloads: readonly Workload[]): boolean {
  return new Set(workloads.map(({ id }) => id)).size === workloads.length;
}

export const definitionSchema = z.strictObject({
  schema: z.literal("decode-lab/definition@1"),
  name: axisName,
  op_type: z.string(),
  description: z.string(),
  tags: z.array(z.string()).default([]),
  axes: z.record(
    axisName,
    z.strictObject({
      type: z.enum(["var", "const"]),
      value: z.int().nonnegative().optional(),
      description: z.string().optional(),
    }),
  ),
  constraints: z.array(z.string()).describe("valid as Python and as CEL"),
  inputs: z.record(axisName, inputSchema),
  outputs: z.record(axisName, outputSchema),
  tolerance: z.strictObject({
    rule: z.literal("naive-2x"),
    group: z.array(z.string()),
    source: z.string(),
  }),
  variants: z.record(subjectName, variantSchema),
  workloads: z.array(workloadSchema).refine(idsDiffer, "two workloads have the same id"),
});

export type Definition = z.output<typeof definitionSchema>;
export type InputDefinition = z.output<typeof inputSchema>;

export function loadDefinition(file: string): Promise<Definition> {
  return readRecord(file, definitionSchema);
}

/** Sizes of each dimension for the given axes. */
export function shapeFor(shape: readonly string[], axes: Axes): number[] {
  return shape.map((dimension) => evaluateInteger(dimension, axes));
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The first constraint that the axes break, if any. */
export function brokenConstraint(definition: Definition, axes: Axes): string | undefined {
  return definition.constraints.find((constraint) => !evaluateBoolean(constraint, axes));
}
