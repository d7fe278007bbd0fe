import { z } from "zod";
import type { Axes } from "./expression.ts";

/** Of a variant or an exhibit; it becomes part of file names. */
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
});

export type Specialisation = z.output<typeof specialisationSchema>;

const variantParameterSchema = z.looseObject({
  name: z.string(),
  kind: z.enum(["buffer", "scalar", "constexpr"]).optional(),
  dtype: z.string().optional(),
});

/** How a variant's source is compiled; read by `decode_kernels.compile`, which owns the fields that are not named here. */
export const variantSchema = z.looseObject({
  language: z.enum(["triton", "cuda"]),
  source: z.string().optional(),
  function: z.string(),
  targets: z.array(z.string().regex(/^sm_\d+[af]?$/)).min(1),
  specialisations: z.array(specialisationSchema).min(1),
  parameters: z.array(variantParameterSchema),
});

export type Variant = z.output<typeof variantSchema>;

/** Whether code compiled for the specialisation may run on the axes. */
export function specialisationFits(specialisation: Specialisation, axes: Axes): boolean {
  return Object.entries(specialisation.axes).every(([name, value]) => axes[name] === value);
}
