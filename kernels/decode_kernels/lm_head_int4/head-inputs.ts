import { bf16ToBits, f16ToBits } from "../../../src/narrow-float.ts";
import type { RandomStream } from "../../../src/random.ts";
import type { InputContext, MakeInput } from "../../../src/reference-module.ts";
import { nibbleShift, STEP, scaleIndex, TILE, wordIndex } from "./marlin-tile.ts";

/** Recipes of a head; weights stand after hidden values in the definition, so that columns can be planted for a token. */
export const recipes = [
  "head-normal", // logits of standard deviation 8 or so
  "negative", // every logit below 0, padding columns would have 0
  "planted", // token by token, the greatest logit at the first or last column, or beside a border between tiles
  "ties", // as planted, at three columns of equal bits in different tiles
  "spread", // 80 columns a token, from 80 to 240 in steps of 2 or so: a top 64 that is decided; hidden_size >= 1024
  "integers", // sums are exact in fp32, most logits have equals; the last of several tokens is zero
  "saturated", // beyond 300: tanh of the capped logit is 1
  "subnormal-scales", // scales, and with them weights, below the least normal 16-bit number
  "outliers", // activations and scales that are 64 times the others, here and there
] as const;

type Recipe = (typeof recipes)[number];

const CODES_STANDARD_DEVIATION = 4.6;

/** Of the logits of most recipes. */
const STANDARD_DEVIATION = 8;

/** [num_tokens][hidden_size]. */
const hidden: MakeInput = ({ axes, recipe, stream, dtypes }) => {
  const { num_tokens, hidden_size } = axes as Record<"num_tokens" | "hidden_size", number>;
  const values = new Float64Array(num_tokens * hidden_size);
  const subnormalFactor = dtypes.activation === "f16" ? 2 ** 8 : 2 ** 100;
  for (let i = 0; i < values.length; i++) values[i] = hiddenValue(recipe as Recipe, stream, subnormalFactor);
  if (recipe === "integers" && num_tokens > 1) values.fill(0, (num_tokens - 1) * hidden_size);
  return values;
};

function hiddenValue(recipe: Recipe, stream: RandomStream, subnormalFactor: number): number {
  if (recipe === "integers") return stream.integer(-2, 2);
  const value = stream.normal();
  if (recipe === "negative") return Math.abs(value) + 0.125;
  if (recipe === "saturated") return value * 256;
  if (recipe === "subnormal-scales") return value * subnormalFactor;
  if (recipe === "outliers") return stream.bits() % 100 === 0 ? value * 64 : value;
  return value;
}

/** int32 [hidden_size / 16][2 * num_columns]; columns from vocab_size on are code 8, weight 0. */
const weights: MakeInput = ({ axes, recipe, stream, values }) => {
  const { hidden_size, num_columns, vocab_size } = axesOf(axes);
  const words = new Int32Array((hidden_size / STEP) * 2 * num_columns);
  const mask = recipe === "negative" ? 0x77777777 : -1;
  for (let i = 0; i < words.length; i++) words[i] = stream.bits() & mask;
  const matrix = { words, numColumns: num_columns, hiddenSize: hidden_size };
  const tokens = (values.hidden as Float64Array).length / hidden_size;
  if (recipe === "planted" || recipe === "ties") {
    for (let token = 0; token < tokens; token++) {
      const [first, ...equals] = plantedColumns(recipe, token, tokens, vocab_size, stream);
      align(
        matrix,
        first as number,
        values.hidden as Float64Array,
        token,
        alignedFor(8 * STANDARD_DEVIATION, hidden_size),
      );
      for (const column of equals) copyColumn(matrix, first as number, column);
    }
  }
  if (recipe === "spread") spreadColumns(matrix, values.hidden as Float64Array, tokens, vocab_size);
  for (let column = vocab_size; column < num_columns; column++) zeroColumn(matrix, column);
  return words;
};

/** 16-bit [num_groups][num_columns], as Marlin permutes them; equal in columns of equal bits. */
const scales: MakeInput = ({ axes, recipe, stream, dtypes }) => {
  const { hidden_size, num_columns, num_groups, per_channel, vocab_size } = axesOf(axes);
  const encode = dtypes.activation === "f16" ? f16ToBits : bf16ToBits;
  const typical =
    recipe === "integers" ? 2 ** -4 : scaleSize(recipe as Recipe, dtypes.activation === "f16", hidden_size);
  const choices = Uint16Array.from({ length: 256 }, () => {
    if (recipe === "integers") return encode(typical);
    const factor = recipe === "outliers" && stream.bits() % 100 === 0 ? 64 : 1;
    return encode(typical * factor * (0.75 + 0.5 * stream.uniform()));
  });
  const bits = new Uint16Array(num_groups * num_columns);
  for (let i = 0; i < bits.length; i++) bits[i] = choices[stream.bits() & 255] as number;
  if (recipe === "ties" || recipe === "spread" || recipe === "planted") {
    for (let group = 0; group < num_groups; group++)
      bits.fill(encode(typical), group * num_columns, (group + 1) * num_columns);
  }
  for (let group = 0; group < num_groups; group++) {
    for (let column = vocab_size; column < num_columns; column++) {
      bits[group * num_columns + scaleIndex(column, per_channel === 1)] = encode(1);
    }
  }
  return bits;
};

/** int32 [num_columns]: ascending token ids with gaps, one column in 16 and the padding -1; descending for ties. */
const row_map: MakeInput = ({ axes, recipe, stream }) => {
  const { num_columns, vocab_size } = axesOf(axes);
  const map = new Int32Array(num_columns).fill(-1);
  let id = 0;
  for (let column = 0; column < vocab_size; column++) {
    id += 1 + (stream.bits() % 3);
    map[column] = recipe === "ties" ? 4 * vocab_size - id : stream.bits() % 16 === 0 ? -1 : id;
  }
  return map;
};

export const inputs: Record<string, (context: InputContext) => ArrayLike<number>> = {
  hidden,
  weights,
  scales,
  row_map,
};

function scaleSize(recipe: Recipe, float16: boolean, hiddenSize: number): number {
  if (recipe === "subnormal-scales") return float16 ? 2 ** -17 : 2 ** -129;
  return STANDARD_DEVIATION / (CODES_STANDARD_DEVIATION * Math.sqrt(hiddenSize));
}

interface Matrix {
  words: Int32Array;
  numColumns: number;
  hiddenSize: number;
}

/** Borders of tiles in turn, first and last column included; for ties two more columns, far behind. */
function plantedColumns(
  recipe: string,
  token: number,
  tokens: number,
  vocabSize: number,
  stream: RandomStream,
): number[] {
  if (recipe === "ties") {
    const third = Math.floor((vocabSize - tokens) / 3);
    return [third + token, token, 2 * third + token, vocabSize - 1 - token];
  }
  const borders = 2 * Math.ceil(vocabSize / TILE);
  const border = token < borders && borders <= tokens ? token : stream.integer(0, borders - 1);
  const chosen = token === 0 ? 0 : token === 1 ? borders - 1 : border;
  return [Math.min(vocabSize - 1, (chosen >> 1) * TILE + (chosen % 2 === 0 ? 0 : TILE - 1))];
}

/** How many aligned weights of magnitude 7 raise a logit by `logit`, at normal hidden values, whose mean magnitude is 0.8. */
function alignedFor(logit: number, hiddenSize: number): number {
  const scale = STANDARD_DEVIATION / (CODES_STANDARD_DEVIATION * Math.sqrt(hiddenSize));
  return Math.min(hiddenSize, Math.ceil(logit / (7 * 0.8 * scale)));
}

/** The first `count` weights of a column take the sign of the token's hidden values. */
function align(matrix: Matrix, column: number, hiddenValues: Float64Array, token: number, count: number): void {
  for (let k = 0; k < count; k++) {
    const value = hiddenValues[token * matrix.hiddenSize + k] as number;
    setCode(matrix, k, column, value < 0 ? 1 : 15);
  }
}

/** Columns that are 0 but for more and more aligned weights, the tokens' by turns; needs 80 columns a token. */
function spreadColumns(matrix: Matrix, hiddenValues: Float64Array, tokens: number, vocabSize: number): void {
  const stride = Math.floor(vocabSize / (80 * tokens));
  for (let i = 0; i < 80 * tokens; i++) {
    zeroColumn(matrix, i * stride);
    align(matrix, i * stride, hiddenValues, i % tokens, alignedFor(80 + 2 * Math.floor(i / tokens), matrix.hiddenSize));
  }
}

function setCode({ words, numColumns }: Matrix, k: number, column: number, code: number): void {
  const at = Math.floor(k / STEP) * 2 * numColumns + wordIndex(k % STEP, column);
  const shift = nibbleShift(k % STEP, column);
  words[at] = ((words[at] as number) & ~(15 << shift)) | (code << shift);
}

function zeroColumn(matrix: Matrix, column: number): void {
  for (let k = 0; k < matrix.hiddenSize; k++) setCode(matrix, k, column, 8);
}

function copyColumn(matrix: Matrix, from: number, to: number): void {
  const { words, numColumns, hiddenSize } = matrix;
  for (let k = 0; k < hiddenSize; k++) {
    const word = words[Math.floor(k / STEP) * 2 * numColumns + wordIndex(k % STEP, from)] as number;
    setCode(matrix, k, to, (word >>> nibbleShift(k % STEP, from)) & 15);
  }
}

type AxisName = "hidden_size" | "num_columns" | "num_groups" | "per_channel" | "vocab_size";

function axesOf(axes: Record<string, number>): Record<AxisName, number> {
  return axes as Record<AxisName, number>;
}
