import { z } from "zod";

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const groupSize = z.union([z.int().positive(), z.literal("channel")]);
const scaleDtype = z.enum(["bf16", "f16"]);

const marginBin = z.strictObject({
  below: z.number().positive().optional().describe("margin over root mean square logit error; absent in the last bin"),
  hiddenStates: count,
  changed: count.describe("of them, those whose arg-max is another under int4"),
});

const reportSchema = z.strictObject({
  hiddenStates: z.int().positive(),
  source: z.union([
    z.strictObject({ file: z.string(), tensor: z.string() }),
    z.strictObject({ distribution: z.literal("normal"), seed: z.int() }),
  ]),
  vocabSize: z.int().positive(),
  scaleDtype,
  margin: z
    .strictObject({ least: z.number(), median: z.number() })
    .describe("largest logit less second of the float head"),
  groups: z.array(
    z.strictObject({
      groupSize,
      agreeing: count.describe("hidden states whose arg-max is that of the float head"),
      rmsLogitError: z.number().nonnegative(),
      maxLogitError: z.number().nonnegative(),
      margins: z.array(marginBin),
    }),
  ),
});

/** What `quantise` yields. */
export const quantiseSchema = z.strictObject({
  schema: z.literal("decode-lab/quantise@1"),
  checkpoint: z.string(),
  weight: z.strictObject({ name: z.string(), dtype: z.string(), shape: z.array(count) }),
  format: z.enum(["float", "compressed-tensors", "gptq"]),
  tied: z.boolean().describe("the embedding serves as the head"),
  action: z.enum(["quantised", "repacked"]).describe("repacked: codes and scales are the checkpoint's own"),
  vocabSize: z.int().positive(),
  paddedVocabSize: z.int().positive(),
  hiddenSize: z.int().positive(),
  groupSize,
  scaleDtype,
  scalesRounded: count.describe("scales that another type than the checkpoint's changed"),
  bytes: z.strictObject({ weight: count, scales: count }),
  sourceSha256: z.record(z.string(), sha256).describe("of the bytes of each tensor that was read"),
  written: z
    .strictObject({ file: z.string(), bytes: count, sha256, replaced: z.boolean() })
    .optional()
    .describe("absent without --out"),
  report: reportSchema.optional().describe("what quantisation costs, apart from any kernel"),
  seconds: z.number().nonnegative(),
});

export type QuantiseReport = z.output<typeof quantiseSchema>;
