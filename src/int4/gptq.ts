import { refuseActOrder } from "./act-order.ts";
import { groupSizeOf, type ImportedHead } from "./compressed-tensors.ts";
import { type HeadSource, matrixShape, type OnProgress } from "./head-source.ts";
import { MarlinBuilder } from "./marlin-head.ts";
import type { ModelConfig } from "./model-config.ts";
import { quoted } from "./safetensors-header.ts";
import { scaleBits, scaleDtypeOf } from "./scale-bits.ts";
import { groupLength, headShape, type ScaleDtype, TILE_K } from "./shape.ts";

/** A byte of two zero points 8, as each checkpoint format stores it: the first one less 1 (AutoGPTQ's), the second as it is. */
const ZERO_BYTES: Record<string, number> = { gptq: 0x77, gptq_v2: 0x88 };

/**
 * GPTQ, 4 bits, zero points all 8, groups in order: `qweight` int32 [hidden/8, vocab], eight rows along hidden of one column to
 * a word from the low nibble on; `qzeros` int32 [groups, vocab/8]; `scales` [groups, vocab]; `g_idx` int32 [hidden].
 */
export async function importGptq(
  source: HeadSource,
  config: ModelConfig["quantisation"],
  asked: ScaleDtype | undefined,
  vocabMultiple: number,
  onProgress: OnProgress,
): Promise<ImportedHead> {
  const weight = source.found.weight;
  const [scales, zeros] = [source.tensor("scales"), source.tensor("qzeros")];
  const format = checkpointFormat(source, config);
  const [wordRows, vocabSize] = matrixShape(source, weight);
  const [hiddenSize, groups] = [8 * wordRows, matrixShape(source, scales)[0]];
  const shape = headShape(vocabSize, hiddenSize, groupSizeOf(source, hiddenSize, groups), vocabMultiple);
  if (vocabSize % 8 !== 0) {
    throw source.refusal("CHECKPOINT_INVALID", `vocab is ${vocabSize}, packed zero points need a multiple of 8`);
  }
  source.expect(weight, ["I32"], [wordRows, vocabSize]);
  source.expect(zeros, ["I32"], [groups, vocabSize / 8]);
  source.expect(scales, ["BF16", "F16", "F32"], [groups, vocabSize]);
  refuseOtherGroups(source, config, groups);
  await refuseZeros(source, format);
  const order = source.optional("g_idx");
  if (order === undefined && config?.config.desc_act === true && groups > 1) {
    throw source.refusal("CHECKPOINT_UNSUPPORTED", "desc_act is true and there is no g_idx");
  }
  await refuseActOrder(source, order, hiddenSize, groupLength(shape));

  const scaleDtype = scaleDtypeOf(scales, asked);
  const builder = new MarlinBuilder(shape, scaleDtype);
  const { bits, rounded } = scaleBits(scales, await source.read(scales), scaleDtype);
  builder.addScaleRows(bits);
  const tileBytes = 2 * vocabSize * 4;
  for (let tile = 0; tile < hiddenSize / TILE_K; tile++) {
    builder.addTiles(tile, tilePairs(await source.read(weight, tile * tileBytes, (tile + 1) * tileBytes), vocabSize));
    onProgress(((tile + 1) * TILE_K) / hiddenSize);
  }
  return { head: builder.finish(), scalesRounded: rounded };
}

/** Two rows of words, [2, vocab], to pairs of codes [vocab, 8]. */
function tilePairs(bytes: Uint8Array, vocabSize: number): Uint16Array {
  const pairs = new Uint16Array(8 * vocabSize);
  for (let half = 0; half < 2; half++) {
    const row = half * 4 * vocabSize;
    for (let column = 0; column < vocabSize; column++) {
      for (let i = 0; i < 4; i++) {
        const byte = bytes[row + 4 * column + i] as number;
        pairs[8 * column + 4 * half + i] = (byte & 0xf) | ((byte & 0xf0) << 4);
      }
    }
  }
  return pairs;
}

function checkpointFormat(source: HeadSource, stated: ModelConfig["quantisation"]): string {
  if (stated === undefined) {
    throw source.refusal(
      "CHECKPOINT_INVALID",
      `${source.checkpoint.folder} has no quantization_config, which says how zero points are stored`,
      "put the model's config.json or quantize_config.json beside the tensors",
    );
  }
  const { file, config } = stated;
  const refuse = (message: string) => source.refusal("CHECKPOINT_UNSUPPORTED", `${file}: ${message}`);
  if (config.quant_method !== "gptq") throw refuse(`quant_method is ${quoted(String(config.quant_method))}, not gptq`);
  if (config.bits !== 4) throw refuse(`bits is ${config.bits}, only 4-bit heads can be packed`);
  const format = config.checkpoint_format ?? "gptq";
  if (!Object.hasOwn(ZERO_BYTES, format)) {
    throw refuse(`checkpoint_format is ${quoted(format)}, one of ${Object.keys(ZERO_BYTES).join(", ")} is needed`);
  }
  return format;
}

function refuseOtherGroups(source: HeadSource, stated: ModelConfig["quantisation"], groups: number): void {
  const hiddenSize = 8 * matrixShape(source, source.found.weight)[0];
  const said = stated?.config.group_size ?? undefined;
  const allowed = groups === 1 ? [-1, hiddenSize] : [hiddenSize / groups];
  if (said === undefined || allowed.includes(said)) return;
  const message = `${stated?.file}: group_size is ${said}, the tensors have ${allowed[0]}`;
  throw source.refusal("CHECKPOINT_INVALID", message);
}

async function refuseZeros(source: HeadSource, format: string): Promise<void> {
  const zeros = source.tensor("qzeros");
  const bytes = await source.read(zeros);
  const expected = ZERO_BYTES[format] as number;
  const other = bytes.findIndex((byte) => byte !== expected);
  if (other < 0) return;
  const stored = bytes[other] as number;
  const high = (stored & 0xf) === (expected & 0xf);
  const nibble = high ? stored >> 4 : stored & 0xf;
  const columns = (zeros.shape[1] as number) * 8;
  const index = 2 * other + (high ? 1 : 0);
  const zero = nibble + 8 - (expected & 0xf);
  const place = `group ${Math.floor(index / columns)}, column ${index % columns}`;
  throw source.refusal(
    "CHECKPOINT_UNSUPPORTED",
    `the zero point of ${place} of ${quoted(zeros.name)} is ${zero} (checkpoint_format ${format}), 8 is needed`,
    "only symmetric heads can be packed",
  );
}
