import { type PackedHead, round16, scaleIndex, scaleValue } from "./marlin-tile.ts";

const { fround } = Math;

/** CUDA's tanhf errs by at most 2 ulp (CUDA C Programming Guide, mathematical functions); here with room to spare. */
const TANH_ERROR = 2 ** -21;

/** How a column's sum becomes a logit: see logit.cuh. */
export interface LogitRule {
  softcap: number;
  roundLogits: boolean;
  float16: boolean;
}

/** The scale that a column's sum is multiplied by: 1 where scales are in the weights. */
export function columnScale(head: PackedHead, column: number): number {
  return head.perChannel ? scaleValue(head.scales[scaleIndex(column, true)] as number, head.float16) : 1;
}

/** What is compared, if the kernel's sum is `sum`: lowest and highest value, as tanh may err. */
export function compared(rule: LogitRule, sum: number, scale: number, perChannel: boolean, error: -1 | 0 | 1): number {
  const { roundLogits, float16, softcap } = rule;
  if (!roundLogits) return perChannel ? sum * scale : sum;
  const rounded = round16(sum, float16);
  const logit = perChannel ? round16(rounded * scale, float16) : rounded;
  return softcap === 0 ? logit : cappedInSteps(rule, logit, error);
}

/** Division, tanh and product, each rounded to 16 bits; `error` of tanh is that of the worst fp32 tanh. */
export function cappedInSteps({ softcap, float16 }: LogitRule, logit: number, error: -1 | 0 | 1): number {
  const divided = round16(fround(logit * fround(1 / fround(softcap))), float16);
  const tanh = Math.tanh(divided);
  const rounded = round16(tanh + error * TANH_ERROR * Math.abs(tanh), float16);
  return round16(fround(rounded * softcap), float16);
}

/** A compared logit as it is reported. */
export function reported({ softcap, roundLogits }: LogitRule, logit: number): number {
  return roundLogits || softcap === 0 ? logit : softcap * Math.tanh(logit / softcap);
}
