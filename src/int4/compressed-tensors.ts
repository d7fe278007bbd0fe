import { refuseActOrder } from "./act-order.ts";
import { type HeadSource, matrixShape, type OnProgress } from "./head-source.ts";
import { MarlinBuilder, type MarlinHead } from "./marlin-head.ts";
import type { ModelConfig, QuantisationConfig } from "./model-config.ts";
import { quoted } from "./safetensors-header.ts";
import { scaleBits, scaleDtypeOf } from "./scale-bits.ts";
import { GROUP_SIZES, type GroupSize, groupLength, headShape, type ScaleDtype } from "./shape.ts";

/** Imported without requantising: the codes and scales of the checkpoint in Marlin's order. */
export interface ImportedHead {
  head: MarlinHead;
  /** Scales that another type than the checkpoint's rounded. */
  scalesRounded: number;
}

const CHUNK_ROWS = 1024;

/**
 * compressed-tensors `pack-quantized`, 4 bits, symmetric: `weight_packed` int32 [vocab, hidden/8], eight codes of one row to a
 * word from the low nibble on, each the signed value + 8; `weight_scale` [vocab, groups]; `weight_shape` [vocab, hidden].
 */
export async function importCompressedTensors(
  source: HeadSource,
  config: ModelConfig["quantisation"],
  asked: ScaleDtype | undefined,
  vocabMultiple: number,
  onProgress: OnProgress,
): Promise<ImportedHead> {
  const packed = source.found.weight;
  const scale = source.tensor("weight_scale");
  const [vocabSize, hiddenSize] = await trueShape(source);
  const words = matrixShape(source, packed)[1];
  if (words !== Math.ceil(hiddenSize / 8)) {
    const message = `${quoted(packed.name)} has ${words} words to ${hiddenSize} weights, which is not 4 bits each`;
    throw source.refusal("CHECKPOINT_UNSUPPORTED", message, "only 4-bit heads can be packed");
  }
  const groupSize = groupSizeOf(source, hiddenSize, matrixShape(source, scale)[1]);
  const shape = headShape(vocabSize, hiddenSize, groupSize, vocabMultiple);
  source.expect(packed, ["I32"], [vocabSize, hiddenSize / 8]);
  const scaleDtype = scaleDtypeOf(scale, asked);
  const groups = hiddenSize / groupLength(shape);
  source.expect(scale, ["BF16", "F16", "F32"], [vocabSize, groups]);
  if (source.optional("weight_zero_point") !== undefined) {
    const message = `${quoted(`${source.found.module}.weight_zero_point`)} makes the head asymmetric`;
    throw source.refusal("CHECKPOINT_UNSUPPORTED", message, "only symmetric heads, zero point 8, can be packed");
  }
  refuseOtherConfig(source, config, groups === 1 ? "channel" : hiddenSize / groups);
  await refuseActOrder(source, source.optional("weight_g_idx"), hiddenSize, groupLength(shape));

  const builder = new MarlinBuilder(shape, scaleDtype);
  const scaleBytes = (scale.end - scale.begin) / vocabSize;
  let scalesRounded = 0;
  for (let firstRow = 0; firstRow < vocabSize; firstRow += CHUNK_ROWS) {
    const end = Math.min(firstRow + CHUNK_ROWS, vocabSize);
    const nibbles = await source.read(packed, (firstRow * hiddenSize) / 2, (end * hiddenSize) / 2);
    const { bits, rounded } = scaleBits(
      scale,
      await source.read(scale, firstRow * scaleBytes, end * scaleBytes),
      scaleDtype,
      firstRow,
    );
    builder.addRows(firstRow, { codes: unpackNibbles(nibbles), scales: bits });
    scalesRounded += rounded;
    onProgress(end / vocabSize);
  }
  return { head: builder.finish(), scalesRounded };
}

/** Codes of little-endian words, low nibble first. */
function unpackNibbles(bytes: Uint8Array): Uint8Array {
  const codes = new Uint8Array(2 * bytes.length);
  const pairs = new Uint16Array(codes.buffer);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    pairs[i] = (byte & 0xf) | ((byte & 0xf0) << 4);
  }
  return codes;
}

/** The group size that a number of scales per row means; CHECKPOINT_UNSUPPORTED where Marlin has none such. */
export function groupSizeOf(source: HeadSource, hiddenSize: number, groups: number): GroupSize {
  if (groups === 1) return "channel";
  const found = GROUP_SIZES.find((size) => size !== "channel" && size * groups === hiddenSize);
  if (found !== undefined) return found;
  const message = `${groups} scales to ${hiddenSize} weights are groups of ${hiddenSize / groups}`;
  throw source.refusal("CHECKPOINT_UNSUPPORTED", message, `group sizes are ${GROUP_SIZES.join(", ")}`);
}

async function trueShape(source: HeadSource): Promise<[number, number]> {
  const tensor = source.tensor("weight_shape");
  source.expect(tensor, ["I64", "I32"], [2]);
  const { buffer } = await source.read(tensor);
  const extents = tensor.dtype === "I64" ? [...new BigInt64Array(buffer)].map(Number) : [...new Int32Array(buffer)];
  return extents as [number, number];
}

/** The tensors say what there is; a config that says otherwise means that they are not what they look like. */
function refuseOtherConfig(
  source: HeadSource,
  stated: ModelConfig["quantisation"],
  groupSize: GroupSize | number,
): void {
  if (stated === undefined) return;
  const { file, config } = stated;
  const refuse = (message: string) => source.refusal("CHECKPOINT_UNSUPPORTED", `${file}: ${message}`);
  if (config.quant_method !== "compressed-tensors") {
    throw refuse(`quant_method is ${quoted(String(config.quant_method))}, of a packed head compressed-tensors`);
  }
  const groups = weightGroups(config).filter(({ format }) => format === "pack-quantized");
  const fitting = groups.filter(({ weights }) => (weights.num_bits ?? 8) === 4 && groupSizeIn(weights) === groupSize);
  if (fitting.length === 0) {
    throw refuse(`no pack-quantized config group has 4 bits and group size ${groupSize}, as the tensors have`);
  }
  for (const { name, weights } of fitting) {
    if ((weights.type ?? "int") !== "int") throw refuse(`${name} has type ${weights.type}, only int can be packed`);
    if (["group", "dynamic", "true"].includes(String(weights.actorder)) && !source.optional("weight_g_idx")) {
      throw refuse(`${name} has actorder ${weights.actorder}, and there is no weight_g_idx`);
    }
    if (weights.symmetric === false) throw refuse(`${name} is asymmetric, only symmetric heads can be packed`);
  }
}

type ConfigGroup = NonNullable<QuantisationConfig["config_groups"]>[string];

interface WeightGroup {
  name: string;
  weights: NonNullable<Exclude<ConfigGroup, string[]>["weights"]>;
  format: string | null | undefined;
}

function weightGroups({ config_groups: groups, format: whole }: QuantisationConfig): WeightGroup[] {
  return Object.entries(groups ?? {}).flatMap(([name, group]) => {
    if (Array.isArray(group) || !group.weights) return [];
    return [{ name, weights: group.weights, format: group.format ?? whole }];
  });
}

function groupSizeIn({ strategy, group_size: size }: WeightGroup["weights"]) {
  return strategy === "channel" || size === -1 ? "channel" : size;
}
