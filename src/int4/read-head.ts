import { Checkpoint } from "./checkpoint.ts";
import { type ImportedHead, importCompressedTensors } from "./compressed-tensors.ts";
import { findHead } from "./find-head.ts";
import { quantiseFloatHead } from "./float-head.ts";
import { importGptq } from "./gptq.ts";
import { HeadSource, type OnProgress } from "./head-source.ts";
import { type ModelConfig, readModelConfig } from "./model-config.ts";
import { quoted } from "./safetensors-header.ts";
import { type GroupSize, type ScaleDtype, TILE_N } from "./shape.ts";

export interface ReadHeadOptions {
  /** A module (`lm_head`) or one of its tensors; default lm_head, else a tied embedding. */
  tensor?: string | undefined;
  /** Of a float head; default 128. A quantised head has its own. */
  groupSize?: GroupSize | undefined;
  /** Default bf16 of a float head, the checkpoint's own of a quantised one. */
  scaleDtype?: ScaleDtype | undefined;
  /** Columns are padded to a multiple of it; default and least 64. */
  vocabMultiple?: number | undefined;
  onProgress?: OnProgress | undefined;
}

/** A head of a checkpoint, open until `close`. */
export interface OpenHead {
  source: HeadSource;
  config: ModelConfig;
  close(): Promise<void>;
}

/** Finds the head of a safetensors file or model folder. */
export async function openHead(path: string, tensor?: string): Promise<OpenHead> {
  const checkpoint = await Checkpoint.open(path);
  try {
    const config = await readModelConfig(checkpoint.folder);
    const source = new HeadSource(checkpoint, findHead(checkpoint, tensor, config.mayTie));
    return { source, config, close: () => checkpoint.close() };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/** The head in Marlin's layout: a float one quantised to nearest, a quantised one with the codes and scales that it has. */
export async function readMarlinHead(
  { source, config }: Pick<OpenHead, "source" | "config">,
  options: ReadHeadOptions = {},
): Promise<ImportedHead> {
  const { scaleDtype, vocabMultiple = TILE_N, onProgress = () => {} } = options;
  await refuseBias(source);
  if (source.found.format === "float") {
    const { groupSize = 128 } = options;
    const head = await quantiseFloatHead(source, groupSize, scaleDtype ?? "bf16", vocabMultiple, onProgress);
    return { head, scalesRounded: 0 };
  }
  if (options.groupSize !== undefined) {
    const message = `${quoted(source.found.weight.name)} is quantised already and keeps its groups`;
    throw source.refusal("USAGE", message, "--group-size is for float heads");
  }
  const importHead = source.found.format === "gptq" ? importGptq : importCompressedTensors;
  return importHead(source, config.quantisation, scaleDtype, vocabMultiple, onProgress);
}

/** A bias of zeros, as GPTQ writes one for every module, changes nothing. */
async function refuseBias(source: HeadSource): Promise<void> {
  const bias = source.optional("bias");
  if (bias === undefined) return;
  const bytes = await source.checkpoint.read(bias);
  if (bytes.every((byte) => byte === 0)) return;
  throw source.refusal("CHECKPOINT_UNSUPPORTED", `${quoted(bias.name)} is not zero, a Marlin head has no bias`);
}
