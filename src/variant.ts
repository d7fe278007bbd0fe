import { z } from "zod";

/** Of a variant, a stage or an exhibit; it becomes part of file names. */
export const subjectName = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/);

const dimension = z.string().describe("CEL expression over the axes");

/** Grid, block and dynamic shared bytes as expressions of the axes. */
export const launchRuleSchema = z.strictObject({
  grid: z.tuple([dimension, dimension, dimension]),
  block: z.tuple([dimension, dimension, dimension]),
  sharedBytes: dimension,
});

export type LaunchRule = z.output<typeof launchRuleSchema>;

export const specialisationSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9_-]+$/),
  axes: z.record(z.string(), z.int().nonnegative()).describe("values compiled into the kernel"),
  dtypes: z.record(z.string(), z.string()).optional().describe("element types compiled in; default the first of each"),
});

export type Specialisation = z.output<typeof specialisationSchema>;

const variantParameterSchema = z.looseObject({
  name: z.string(),
  kind: z.enum(["buffer", "scalar", "constexpr"]).optional(),
  dtype: z.string().optional(),
  value: z.string().optional().describe("of a scalar: CEL over the axes; default the axis or input of its name"),
});

const kernelFields = { function: z.string(), parameters: z.array(variantParameterSchema) };

const stageSchema = z.looseObject({ name: subjectName, ...kernelFields });

/** How a variant's source is compiled; read by `decode_kernels.compile`, which owns the fields that are not named here. */
export const variantSchema = z
  .looseObject({
    language: z.enum(["triton", "cuda"]),
    source: z.string().optional(),
    targets: z.array(z.string().regex(/^sm_\d+[af]?$/)).min(1),
    specialisations: z.array(specialisationSchema).min(1),
    function: kernelFields.function.optional(),
    parameters: kernelFields.parameters.optional(),
    stages: z.array(stageSchema).min(1).optional().describe("launches in their order, instead of one"),
  })
  .refine(
    ({ stages, function: entry, parameters }) =>
      stages === undefined ? entry !== undefined && parameters !== undefined : (entry ?? parameters) === undefined,
    "a variant has a function and parameters, or stages that have",
  );

export type Variant = z.output<typeof variantSchema>;

/** Names of the launches of a variant, in order; undefined names the only one. */
export function stageNames(variant: Variant): (string | undefined)[] {
  return variant.stages?.map(({ name }) => name) ?? [undefined];
}

/** Names of all parameters of all its launches. */
export function parameterNames(variant: Variant): string[] {
  const lists = variant.stages?.map(({ parameters }) => parameters) ?? [variant.parameters ?? []];
  return [...new Set(lists.flat().map(({ name }) => name))];
}
