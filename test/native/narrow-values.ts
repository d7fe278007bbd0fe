import { f16FromBits } from "../../src/narrow-float.ts";
import type { Direction } from "./number-formats.ts";

/** Every value of the types of at most 16 bits as a number, and such numbers rounded back; all of it is exact in float64. */

const float32 = new Float32Array(1);
const float32Bits = new Uint32Array(float32.buffer);

export type NarrowType = "u8" | "s8" | "u16" | "s16" | "f16" | "bf16";

export function narrowValue(type: NarrowType, bits: number): number {
  switch (type) {
    case "u8":
      return bits & 0xff;
    case "s8":
      return (bits << 24) >> 24;
    case "u16":
      return bits;
    case "s16":
      return (bits << 16) >> 16;
    case "f16":
      return f16FromBits(bits);
    case "bf16":
      float32Bits[0] = bits << 16;
      return float32[0] as number;
  }
}

const HALVES = {
  f16: { significandBits: 10, minExponent: -14, infinity: 0x7c00 },
  bf16: { significandBits: 7, minExponent: -126, infinity: 0x7f80 },
};

/** Bits of the half nearest in the direction; undefined stands for any NaN. */
export function halfBits(value: number, type: "f16" | "bf16", direction: Direction): number | undefined {
  const { significandBits, minExponent, infinity } = HALVES[type];
  if (Number.isNaN(value)) return undefined;
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === 0 || magnitude === Number.POSITIVE_INFINITY) return sign | (magnitude === 0 ? 0 : infinity);
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), minExponent);
  const units = roundInteger(magnitude * 2 ** (significandBits - exponent), negative ? mirrored(direction) : direction);
  const bits = (exponent - minExponent) * 2 ** significandBits + units;
  if (bits < infinity) return sign | bits;
  const toInfinity = direction === "n" || direction === (negative ? "m" : "p");
  return sign | (toInfinity ? infinity : infinity - 1);
}

export function roundInteger(value: number, direction: Direction): number {
  if (direction === "z") return Math.trunc(value);
  if (direction === "m") return Math.floor(value);
  if (direction === "p") return Math.ceil(value);
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

function mirrored(direction: Direction): Direction {
  return direction === "m" ? "p" : direction === "p" ? "m" : direction;
}

/** Numbers of e4m3 or e5m2 without sign, by their bits; NaN and infinity included. */
export function fp8Values(type: "e4m3" | "e5m2"): number[] {
  const [significandBits, bias] = type === "e4m3" ? [3, 7] : [2, 15];
  return Array.from({ length: 128 }, (_, bits) => {
    const field = bits >> significandBits;
    const fraction = (bits & ((1 << significandBits) - 1)) / 2 ** significandBits;
    if (type === "e4m3" && bits === 0x7f) return Number.NaN;
    if (type === "e5m2" && field === 31) return fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    return field === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (field - bias);
  });
}

/** Bits of the nearest finite number of `values`, the even one of two; NaN is 0x7f. */
export function nearestFp8(value: number, values: readonly number[]): number {
  if (Number.isNaN(value)) return 0x7f;
  const magnitude = Math.abs(value);
  const most = values.findLastIndex((candidate) => Number.isFinite(candidate));
  let above = 0;
  while (above < most && (values[above] as number) < magnitude) above++;
  const below = Math.max(above - 1, 0);
  const toBelow = magnitude - (values[below] as number);
  const toAbove = (values[above] as number) - magnitude;
  const bits = toBelow < toAbove || (toBelow === toAbove && below % 2 === 0) ? below : above;
  return bits | (value < 0 || Object.is(value, -0) ? 0x80 : 0);
}
