import { bf16FromBits, bf16ToBits, f16FromBits, f16ToBits } from "../narrow-float.ts";
import type { QuantisedRows } from "./quantise.ts";
import { type GroupSize, groupLength, refuseUnless, type ScaleDtype, scaleValue, ZERO_CODE } from "./shape.ts";

/**
 * Weights [rows, hidden] as Marlin kernels multiply with them. Grouped: (code − 8)·scale rounded to the scale's type, since
 * they multiply in it. Per channel: exactly (code − 8)·scale, since the scale comes after the sum in float32.
 */
export function dequantiseRows(
  { codes, scales }: QuantisedRows,
  hiddenSize: number,
  groupSize: GroupSize,
  scaleDtype: ScaleDtype,
): Float64Array {
  const weights = new Float64Array(codes.length);
  const length = groupLength({ hiddenSize, groupSize });
  refuseUnless(
    scales.length * length === codes.length,
    `${scales.length} scales of ${length} weights each, there are ${codes.length} codes`,
  );
  const values = new Float64Array(16);
  const round = groupSize === "channel" ? (value: number) => value : ROUNDING[scaleDtype];
  for (let group = 0; group < scales.length; group++) {
    setCodeValues(values, scaleValue(scaleDtype, scales[group] as number), round);
    for (let i = group * length; i < (group + 1) * length; i++) weights[i] = values[codes[i] as number] as number;
  }
  return weights;
}

const ROUNDING: Record<ScaleDtype, (value: number) => number> = {
  bf16: (value) => bf16FromBits(bf16ToBits(value)),
  f16: (value) => f16FromBits(f16ToBits(value)),
};

/** What each of the 16 codes stands for; rounding treats both signs alike. */
function setCodeValues(values: Float64Array, scale: number, round: (value: number) => number): void {
  values[ZERO_CODE] = 0 * scale;
  for (let steps = 1; steps <= 8; steps++) {
    const value = round(steps * scale);
    if (steps < 8) values[ZERO_CODE + steps] = value;
    values[ZERO_CODE - steps] = -value;
  }
}
