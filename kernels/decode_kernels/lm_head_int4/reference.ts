import type { Axes } from "../../../src/definition.ts";
import type { ReferenceContext, TensorValues } from "../../../src/reference-module.ts";
import { columnSums, columnSumsFp32 } from "./column-sums.ts";
import { cappedInSteps, columnScale, type LogitRule, reported } from "./logit-rule.ts";
import { type PackedHead, round16 } from "./marlin-tile.ts";
import { rank } from "./ranking.ts";

export { inputs, recipes } from "./head-inputs.ts";

const { fround } = Math;

/** Rankings by the context that they were asked for in: they have rules of their own, so `naive` gives them again. */
const rankings = new WeakMap<ReferenceContext, TensorValues>();

/** The value of `epilogue`. */
const LOGITS = 0;

/** float64 sums over the weights as the kernel rounds them; logits, or the greatest k where the workload decides them. */
export function reference(axes: Axes, inputs: TensorValues, context: ReferenceContext): TensorValues {
  const head = headOf(axes, context);
  const rule = ruleOf(axes, inputs, context);
  const { num_tokens, vocab_size, k } = axesOf(axes);
  const columns = columnSums(head, inputs.hidden as Float64Array, num_tokens);
  if (axes.epilogue === LOGITS) {
    const capped = { ...rule, roundLogits: false };
    return { logits: logitsOf(axes, head, columns.sums, (sum, scale) => reported(capped, sum * scale)) };
  }
  const vocabulary = { vocabSize: vocab_size, rowMap: context.raw.row_map as Int32Array | undefined };
  const tokens = new Float64Array(num_tokens * k);
  const values = new Float64Array(num_tokens * k);
  for (let token = 0; token < num_tokens; token++) {
    const ranked = rank(head, rule, vocabulary, columns, token, k);
    tokens.set(ranked.tokens, token * k);
    values.set(
      ranked.logits.map((logit, i) => (ranked.tokens[i] === -1 ? logit : reported(rule, logit))),
      token * k,
    );
  }
  const ranking = { tokens, values };
  rankings.set(context, ranking);
  return ranking;
}

/** fp32 sums, logits rounded to 16 bits, then divided, taken tanh of and multiplied in 16 bits: what vLLM runs. */
export function naive(axes: Axes, inputs: TensorValues, context: ReferenceContext): TensorValues {
  if (axes.epilogue !== LOGITS) return rankings.get(context) ?? reference(axes, inputs, context);
  const head = headOf(axes, context);
  const rule = ruleOf(axes, inputs, context);
  const sums = columnSumsFp32(head, inputs.hidden as Float64Array, axesOf(axes).num_tokens);
  const logits = logitsOf(axes, head, sums, (sum, scale) => {
    const logit = round16(fround(round16(sum, rule.float16) * scale), rule.float16);
    return rule.softcap === 0 ? logit : cappedInSteps(rule, logit, 0);
  });
  return { logits };
}

/** [num_tokens][vocab_size] of sums [num_tokens][num_columns]. */
function logitsOf(
  axes: Axes,
  head: PackedHead,
  sums: Float64Array,
  logit: (sum: number, scale: number) => number,
): Float64Array {
  const { num_tokens, vocab_size } = axesOf(axes);
  const logits = new Float64Array(num_tokens * vocab_size);
  for (let column = 0; column < vocab_size; column++) {
    const scale = columnScale(head, column);
    for (let token = 0; token < num_tokens; token++) {
      logits[token * vocab_size + column] = logit(sums[token * head.numColumns + column] as number, scale);
    }
  }
  return logits;
}

function headOf(axes: Axes, { raw, dtypes }: ReferenceContext): PackedHead {
  const { hidden_size, num_columns, group_size, per_channel } = axesOf(axes);
  return {
    weights: raw.weights as Int32Array,
    scales: raw.scales as Uint16Array,
    numColumns: num_columns,
    hiddenSize: hidden_size,
    groupSize: group_size,
    perChannel: per_channel === 1,
    float16: dtypes.activation === "f16",
  };
}

function ruleOf(axes: Axes, inputs: TensorValues, { dtypes }: ReferenceContext): LogitRule {
  const [softcap] = inputs.softcap as Float64Array;
  return { softcap: softcap as number, roundLogits: axes.round_logits === 1, float16: dtypes.activation === "f16" };
}

type AxisName = "num_tokens" | "hidden_size" | "num_columns" | "vocab_size" | "group_size" | "per_channel" | "k";

function axesOf(axes: Axes): Record<AxisName, number> {
  return axes as Record<AxisName, number>;
}
