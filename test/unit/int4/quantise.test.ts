import { describe, expect, it } from "vitest";
import { dequantiseRows } from "../../../src/int4/dequantise.ts";
import { type FloatDtype, floatValues } from "../../../src/int4/float-values.ts";
import { quantiseRows } from "../../../src/int4/quantise.ts";
import { type ScaleDtype, scaleValue } from "../../../src/int4/shape.ts";
import { bf16FromBits, f16FromBits } from "../../../src/narrow-float.ts";
import { hardWeights } from "./hard-weights.ts";

const COMBINATIONS = (["BF16", "F16", "F32"] as const).flatMap((dtype) =>
  (["bf16", "f16"] as const).flatMap((scaleDtype) =>
    ([32, 128, "channel"] as const).map((groupSize) => ({ dtype, scaleDtype, groupSize })),
  ),
);

/** Every positive finite value of a type, ascending; index is the pattern. */
function positiveValues(dtype: ScaleDtype): Float64Array {
  const fromBits = dtype === "bf16" ? bf16FromBits : f16FromBits;
  return Float64Array.from({ length: dtype === "bf16" ? 0x7f80 : 0x7c00 }, (_, bits) => fromBits(bits));
}

/** The nearest value by comparing with every one; of two equally near, the one with an even pattern. */
function nearestBits(values: Float64Array, wanted: number): number {
  let best = 0;
  values.forEach((value, bits) => {
    const [distance, least] = [Math.abs(value - wanted), Math.abs((values[best] as number) - wanted)];
    if (distance < least || (distance === least && bits % 2 === 0)) best = bits;
  });
  return best;
}

/** The code with the least |w − (u − 8)·s|; of two equally near, the even one. */
function nearestCode(weight: number, scale: number): number {
  let best = 0;
  for (let code = 1; code < 16; code++) {
    const [distance, least] = [code, best].map((u) => Math.abs(weight / scale - (u - 8))) as [number, number];
    if (distance < least || (distance === least && code % 2 === 0)) best = code;
  }
  return best;
}

it.each(COMBINATIONS)(
  "$dtype to $scaleDtype, group size $groupSize: no other scale or code is nearer",
  (combination) => {
    const { dtype, scaleDtype, groupSize } = combination;
    const { bytes, hidden } = hardWeights(dtype);
    const weights = floatValues(dtype, bytes);
    const { codes, scales } = quantiseRows(weights, hidden, groupSize, scaleDtype);
    const values = positiveValues(scaleDtype);
    const smallestNormal = scaleDtype === "bf16" ? 2 ** -126 : 2 ** -14;
    const length = weights.length / scales.length;
    scales.forEach((bits, group) => {
      const part = weights.subarray(group * length, (group + 1) * length);
      const largest = part.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      const wanted = largest === 0 ? 1 : Math.max(largest / 7.5, smallestNormal);
      expect(bits).toBe(nearestBits(values, wanted));
      const scale = values[bits] as number;
      const nearest = Uint8Array.from(part, (weight) => nearestCode(weight, scale));
      expect(codes.subarray(group * length, (group + 1) * length)).toEqual(nearest);
    });
  },
);

it("uses every code, with ties to the even one", () => {
  const weights = Float32Array.from({ length: 32 }, (_, k) => (k < 31 ? (k - 15) / 2 : 7.5));
  const { codes, scales } = quantiseRows(weights, 32, 32, "bf16");
  expect(scaleValue("bf16", scales[0] as number)).toBe(1);
  expect([...codes]).toEqual([
    ...[0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 6, 6, 6, 7, 8, 8, 8, 9, 10, 10, 10, 11, 12, 12, 12, 13, 14, 14, 14, 15, 15, 15],
  ]);
});

describe("dequantised", () => {
  const codes = Uint8Array.from({ length: 32 }, (_, i) => i % 16);
  const scales = Uint16Array.of(0x3f81); // 1 + 2^-7

  it("grouped weights are rounded to the scale's type, as the kernels multiply in it", () => {
    const weights = dequantiseRows({ codes, scales }, 32, 32, "bf16");
    expect(weights[1]).toBe(-7.0625); // −7.0546875 lies between −7.03125 and −7.0625
    expect([weights[8], weights[9], weights[0]]).toEqual([0, 1.0078125, -8.0625]);
  });

  it("weights of a channel are exact, as the scale comes after the sum", () => {
    const weights = dequantiseRows({ codes, scales }, 32, "channel", "bf16");
    expect([...weights]).toEqual([...codes].map((code) => (code - 8) * (1 + 2 ** -7)));
  });

  it("are refused where scales and codes do not fit", () => {
    expect(() => dequantiseRows({ codes, scales }, 32, 128, "bf16")).toThrow("1 scales of 128 weights each");
  });
});

describe("refusals", () => {
  function head(value: number): Float32Array {
    const weights = new Float32Array(3 * 64).fill(1);
    weights[64 + 33] = value;
    return weights;
  }

  it.each([
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "infinite"],
    [Number.NEGATIVE_INFINITY, "infinite"],
  ])("a weight of %s, with its place", (value, found) => {
    expect(() => quantiseRows(head(value), 64, 32, "bf16", 1000)).toThrow(
      `the weight at row 1001, column 33 is ${found}`,
    );
  });

  it("a NaN before any other weight, and after the largest", () => {
    const first = new Float32Array(32);
    first[0] = Number.NaN;
    expect(() => quantiseRows(first, 32, 32, "bf16")).toThrow("row 0, column 0 is NaN");
    const last = new Float32Array(32).fill(5);
    last[31] = Number.NaN;
    expect(() => quantiseRows(last, 32, 32, "bf16")).toThrow("row 0, column 31 is NaN");
  });

  it("a scale of which a code would overflow", () => {
    expect(() => quantiseRows(head(65500), 64, 32, "f16")).toThrow("row 1, column 32 has a weight of magnitude 65500");
    expect(() => quantiseRows(head(65500), 64, 32, "bf16")).not.toThrow();
    expect(() => quantiseRows(head(3.4e38), 64, 32, "bf16")).toThrow("overflows bf16");
    const { codes, scales } = quantiseRows(head(61400), 64, 32, "f16");
    expect(dequantiseRows({ codes, scales }, 64, 32, "f16").every(Number.isFinite)).toBe(true);
  });

  it("rows that groups do not divide", () => {
    expect(() => quantiseRows(new Float32Array(48), 48, 32, "bf16")).toThrow("hidden 48 is no multiple");
    expect(() => quantiseRows(new Float32Array(33), 32, 32, "bf16")).toThrow("33 weights are no whole rows of 32");
  });
});

it.each([
  ["BF16", bf16FromBits, 0xffff],
  ["F16", f16FromBits, 0xffff],
] as [FloatDtype, (bits: number) => number, number][])("reads every pattern of %s exactly", (dtype, fromBits, last) => {
  const patterns = Uint16Array.from({ length: last + 1 }, (_, bits) => bits);
  const values = floatValues(dtype, new Uint8Array(patterns.buffer));
  expect(values).toEqual(Float32Array.from(patterns, fromBits));
  const shifted = new Uint8Array(patterns.byteLength + 1);
  shifted.set(new Uint8Array(patterns.buffer), 1);
  expect(floatValues(dtype, shifted.subarray(1))).toEqual(values);
});
