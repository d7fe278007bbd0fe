import { z } from "zod";
import { DTYPES, type Dtype, dtypeFromLongName, LONG_DTYPE_NAMES } from "./dtype.ts";
import { DecodeLabError } from "./errors.ts";
import { type Axes, evaluateBoolean, evaluateInteger } from "./expression.ts";
import { readRecord } from "./record-file.ts";
import { axisName, inputSchema, outputSchema, workspaceSchema } from "./tensor-declaration.ts";
import { trafficGateSchema } from "./traffic-gate.ts";
import { subjectName, variantSchema } from "./variant.ts";
import { type Workload, workloadSchema } from "./workload.ts";

export type { Axes } from "./expression.ts";

function idsDiffer(workloads: readonly Workload[]): boolean {
  return new Set(workloads.map(({ id }) => id)).size === workloads.length;
}

const longDtype = z.enum(LONG_DTYPE_NAMES);

export const definitionSchema = z
  .strictObject({
    schema: z.literal("decode-lab/definition@1"),
    name: axisName,
    op_type: z.string(),
    description: z.string(),
    tags: z.array(z.string()).default([]),
    dtypes: z
      .record(axisName, z.array(longDtype).min(1))
      .default({})
      .describe("element types that a workload chooses; the first where it does not"),
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
    workspaces: z.record(axisName, workspaceSchema).default({}),
    tolerance: z.strictObject({
      rule: z.literal("naive-2x"),
      group: z.array(z.string()),
      source: z.string(),
    }),
    traffic: z.array(trafficGateSchema).default([]).describe("limits on what the kernel moves"),
    variants: z.record(subjectName, variantSchema),
    workloads: z.array(workloadSchema).refine(idsDiffer, "two workloads have the same id"),
  })
  .superRefine((definition, context) => {
    const known = new Set<string>([...LONG_DTYPE_NAMES, ...Object.keys(definition.dtypes)]);
    for (const group of ["inputs", "outputs", "workspaces"] as const) {
      for (const [name, { dtype }] of Object.entries(definition[group])) {
        if (known.has(dtype)) continue;
        const message = `no dtype \`${dtype}\`; there are ${[...known].join(", ")}`;
        context.addIssue({ code: "custom", path: [group, name, "dtype"], message });
      }
    }
  });

export type Definition = z.output<typeof definitionSchema>;

export function loadDefinition(file: string): Promise<Definition> {
  return readRecord(file, definitionSchema);
}

/** Element types by the names of the definition's dtypes. */
export type Dtypes = Record<string, Dtype>;

/** Each of the definition's dtypes: the one that is chosen, or its first; SCHEMA error for one that is not allowed. */
export function dtypesFor(definition: Definition, chosen: Readonly<Record<string, string>> = {}): Dtypes {
  for (const [name, dtype] of Object.entries(chosen)) {
    const allowed: readonly string[] | undefined = definition.dtypes[name];
    if (allowed?.includes(dtype)) continue;
    const found = allowed === undefined ? `no dtype \`${name}\`` : `\`${name}\` cannot be ${dtype}`;
    const hint = `its dtypes are ${Object.entries(definition.dtypes).map(([key, types]) => `${key}: ${types.join(" or ")}`)}`;
    throw new DecodeLabError("SCHEMA", `${definition.name}: ${found}`, { hint });
  }
  return Object.fromEntries(
    Object.entries(definition.dtypes).map(([name, allowed]) => {
      const choice = allowed.find((dtype) => dtype === chosen[name]) ?? (allowed[0] as (typeof allowed)[number]);
      return [name, dtypeFromLongName(choice)];
    }),
  );
}

/** Of a tensor, whose `dtype` is a long name or a name among the dtypes. */
export function tensorDtype(tensor: { dtype: string }, dtypes: Dtypes): Dtype {
  return dtypes[tensor.dtype] ?? dtypeFromLongName(tensor.dtype as (typeof LONG_DTYPE_NAMES)[number]);
}

/** Whether the kernel gets the tensor at all. */
export function isPresent(tensor: { when?: string | undefined }, axes: Axes): boolean {
  return tensor.when === undefined || evaluateBoolean(tensor.when, axes);
}

/** Sizes of each dimension for the given axes. */
export function shapeFor(shape: readonly string[], axes: Axes): number[] {
  return shape.map((dimension) => evaluateInteger(dimension, axes));
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of a tensor that is present; 0 of one that is not. */
export function tensorBytes(
  tensor: { shape: readonly string[]; dtype: string; when?: string | undefined },
  axes: Axes,
  dtypes: Dtypes,
): number {
  if (!isPresent(tensor, axes)) return 0;
  return elementCount(shapeFor(tensor.shape, axes)) * DTYPES[tensorDtype(tensor, dtypes)].bytes;
}

/** The first constraint that the axes break, if any. */
export function brokenConstraint(definition: Definition, axes: Axes): string | undefined {
  return definition.constraints.find((constraint) => !evaluateBoolean(constraint, axes));
}
