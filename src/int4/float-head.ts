import { FLOAT_BYTES, floatValues, isFloatDtype } from "./float-values.ts";
import { type HeadSource, matrixShape, type OnProgress } from "./head-source.ts";
import { MarlinBuilder, type MarlinHead } from "./marlin-head.ts";
import { quantiseRows } from "./quantise.ts";
import { quoted } from "./safetensors-header.ts";
import { type GroupSize, headShape, type ScaleDtype } from "./shape.ts";

/** Vocabulary rows read at a time, a multiple of a tile's 64. */
const CHUNK_ROWS = 1024;

/** Float rows [rows, hidden] of a head, from its first to its last. */
export async function* floatRows(
  source: HeadSource,
): AsyncGenerator<{ firstRow: number; weights: Float32Array; rows: number }> {
  const { weight } = source.found;
  if (!isFloatDtype(weight.dtype)) {
    const message = `${quoted(weight.name)} has dtype ${weight.dtype}, a head is BF16, F16 or F32`;
    throw source.refusal("CHECKPOINT_UNSUPPORTED", message);
  }
  const [vocabSize, hiddenSize] = matrixShape(source, weight);
  const rowBytes = hiddenSize * FLOAT_BYTES[weight.dtype];
  for (let firstRow = 0; firstRow < vocabSize; firstRow += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, vocabSize - firstRow);
    const bytes = await source.read(weight, firstRow * rowBytes, (firstRow + rows) * rowBytes);
    yield { firstRow, rows, weights: floatValues(weight.dtype, bytes) };
  }
}

/** A float head quantised to nearest and packed. */
export async function quantiseFloatHead(
  source: HeadSource,
  groupSize: GroupSize,
  scaleDtype: ScaleDtype,
  vocabMultiple: number,
  onProgress: OnProgress,
): Promise<MarlinHead> {
  const [vocabSize, hiddenSize] = matrixShape(source, source.found.weight);
  const shape = headShape(vocabSize, hiddenSize, groupSize, vocabMultiple);
  const builder = new MarlinBuilder(shape, scaleDtype);
  for await (const { firstRow, weights, rows } of floatRows(source)) {
    builder.addRows(firstRow, quantiseRows(weights, hiddenSize, shape.groupSize, scaleDtype, firstRow));
    onProgress((firstRow + rows) / vocabSize);
  }
  return builder.finish();
}
