import type { ColumnSums } from "./column-sums.ts";
import { columnScale, compared, type LogitRule } from "./logit-rule.ts";
import { nibbleShift, type PackedHead, STEP, scaleIndex, wordIndex } from "./marlin-tile.ts";

/** Token ids and compared logits in descending order; -1 and -infinity where there are fewer columns than places. */
export interface Ranking {
  tokens: Int32Array;
  logits: Float64Array;
}

interface Candidate {
  column: number;
  token: number;
  logit: number;
  low: number;
  high: number;
}

/** Columns that take part: below vocab_size, with a token id that is not -1. */
export interface Vocabulary {
  vocabSize: number;
  rowMap: Int32Array | undefined;
}

/**
 * The k greatest columns of one token, ties to the lowest token id. Throws where a kernel within its error bound may
 * answer otherwise: an order is certain if the intervals are apart, or touch in a point, or the columns' bits are equal.
 */
export function rank(
  head: PackedHead,
  rule: LogitRule,
  vocabulary: Vocabulary,
  { sums, bounds }: ColumnSums,
  token: number,
  k: number,
): Ranking {
  const candidates = candidatesOf(head, rule, vocabulary, { sums, bounds }, token, k);
  const places = Math.min(k, candidates.length);
  const highest = new Float64Array(candidates.length + 1).fill(Number.NEGATIVE_INFINITY);
  for (let i = candidates.length - 1; i >= 0; i--) {
    highest[i] = Math.max(highest[i + 1] as number, (candidates[i] as Candidate).high);
  }
  for (let i = 0; i < places; i++) {
    const first = candidates[i] as Candidate;
    if (rule.roundLogits && first.low !== first.high) throw undecided(token, i, first, first);
    for (let j = i + 1; j < candidates.length && (highest[j] as number) >= first.low; j++) {
      const second = candidates[j] as Candidate;
      if (!isBefore(head, first, second)) throw undecided(token, i, first, second);
    }
  }
  const ranking = { tokens: new Int32Array(k).fill(-1), logits: new Float64Array(k).fill(Number.NEGATIVE_INFINITY) };
  for (const [i, { token: id, logit }] of candidates.slice(0, places).entries()) {
    ranking.tokens[i] = id;
    ranking.logits[i] = logit;
  }
  return ranking;
}

/** In order, those that may be among the first k. */
function candidatesOf(
  head: PackedHead,
  rule: LogitRule,
  { vocabSize, rowMap }: Vocabulary,
  { sums, bounds }: ColumnSums,
  token: number,
  k: number,
): Candidate[] {
  const count = Math.min(vocabSize, head.numColumns);
  const lows = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const highs = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  let present = 0;
  for (let column = 0; column < count; column++) {
    if (rowMap !== undefined && (rowMap[column] as number) < 0) continue;
    const at = token * head.numColumns + column;
    const sum = sums[at] as number;
    const bound = bounds[at] as number;
    const scale = columnScale(head, column);
    // One more rounding to fp32 where the sum is multiplied by its scale.
    const slack = head.perChannel && !rule.roundLogits ? 2 ** -24 * Math.abs(sum) : 0;
    lows[column] = compared(rule, sum - bound - slack, scale, head.perChannel, -1);
    highs[column] = compared(rule, sum + bound + slack, scale, head.perChannel, 1);
    present += 1;
  }
  const least = k < present ? (Float64Array.from(lows).sort().at(-k) as number) : Number.NEGATIVE_INFINITY;
  const candidates: Candidate[] = [];
  for (let column = 0; column < count; column++) {
    const id = rowMap === undefined ? column : (rowMap[column] as number);
    if (id < 0 || (highs[column] as number) < least) continue;
    const sum = sums[token * head.numColumns + column] as number;
    const logit = compared(rule, sum, columnScale(head, column), head.perChannel, 0);
    candidates.push({ column, token: id, logit, low: lows[column] as number, high: highs[column] as number });
  }
  return candidates.sort((a, b) => b.logit - a.logit || a.token - b.token);
}

function isBefore(head: PackedHead, first: Candidate, second: Candidate): boolean {
  if (second.high < first.low) return true;
  if (second.token < first.token) return false;
  return second.high === first.low || sameColumn(head, first.column, second.column);
}

/** Whether two columns have the same codes and scales, so that every kernel gives them the same bits. */
function sameColumn(head: PackedHead, a: number, b: number): boolean {
  const { weights, scales, numColumns, hiddenSize, perChannel } = head;
  for (let start = 0; start < scales.length; start += numColumns) {
    if (scales[start + scaleIndex(a, perChannel)] !== scales[start + scaleIndex(b, perChannel)]) return false;
  }
  for (let k = 0; k < hiddenSize; k++) {
    const row = Math.floor(k / STEP) * 2 * numColumns;
    const code = (n: number) => ((weights[row + wordIndex(k % STEP, n)] as number) >>> nibbleShift(k % STEP, n)) & 15;
    if (code(a) !== code(b)) return false;
  }
  return true;
}

function undecided(token: number, place: number, first: Candidate, second: Candidate): Error {
  const which = first === second ? "rounds either way" : `may stand behind column ${second.column} (${second.logit})`;
  return new Error(`token ${token}, place ${place}: column ${first.column} (${first.logit}) ${which}`);
}
