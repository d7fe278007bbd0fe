import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readRecord } from "../record-file.ts";

const weightsSchema = z.looseObject({
  num_bits: z.int().nullish(),
  type: z.string().nullish(),
  symmetric: z.boolean().nullish(),
  strategy: z.string().nullish(),
  group_size: z.int().nullish(),
  actorder: z.union([z.string(), z.boolean()]).nullish(),
});

const quantisationSchema = z.looseObject({
  quant_method: z.string().nullish(),
  format: z.string().nullish(),
  config_groups: z
    .record(
      z.string(),
      z.union([z.looseObject({ weights: weightsSchema.nullish(), format: z.string().nullish() }), z.array(z.string())]),
    )
    .nullish(),
  bits: z.int().nullish(),
  group_size: z.int().nullish(),
  desc_act: z.boolean().nullish(),
  sym: z.boolean().nullish(),
  checkpoint_format: z.string().nullish(),
});

/** What a model's config says about how its weights are quantised (compressed-tensors, GPTQ and their kin). */
export type QuantisationConfig = z.output<typeof quantisationSchema>;

const configSchema = z.looseObject({
  tie_word_embeddings: z.boolean().nullish(),
  text_config: z.looseObject({ tie_word_embeddings: z.boolean().nullish() }).nullish(),
  quantization_config: quantisationSchema.nullish(),
  compression_config: quantisationSchema.nullish(),
});

export interface ModelConfig {
  /** False where the config says that the embedding is not the head. */
  mayTie: boolean;
  /** The file's path and what it says; undefined where there is none. */
  quantisation: { file: string; config: QuantisationConfig } | undefined;
}

/** What config.json (and AutoGPTQ's quantize_config.json) beside a checkpoint say; both may be missing. */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const file = join(folder, "config.json");
  const config = existsSync(file) ? await readRecord(file, configSchema) : {};
  const stated = config.quantization_config ?? config.compression_config ?? undefined;
  const ties = [config.tie_word_embeddings, config.text_config?.tie_word_embeddings];
  return {
    mayTie: !ties.includes(false),
    quantisation: stated === undefined ? await readQuantizeConfig(folder) : { file, config: stated },
  };
}

async function readQuantizeConfig(folder: string): Promise<ModelConfig["quantisation"]> {
  const file = join(folder, "quantize_config.json");
  if (!existsSync(file)) return undefined;
  return { file, config: { quant_method: "gptq", ...(await readRecord(file, quantisationSchema)) } };
}
