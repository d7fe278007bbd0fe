/** float16 (IEEE 754 binary16) and bfloat16 to and from their 16 bits, rounded once from float64 to nearest even. */

const float64 = new Float64Array(1);
const float64Words = new Uint32Array(float64.buffer);
const float32 = new Float32Array(1);
const float32Bits = new Uint32Array(float32.buffer);

interface Format {
  /** Stored significand bits. */
  significandBits: number;
  minExponent: number;
  maxExponent: number;
}

const F16: Format = { significandBits: 10, minExponent: -14, maxExponent: 15 };
const BF16: Format = { significandBits: 7, minExponent: -126, maxExponent: 127 };

export function bf16ToBits(value: number): number {
  return toBits(value, BF16);
}

export function bf16FromBits(bits: number): number {
  float32Bits[0] = bits << 16;
  return float32[0] as number;
}

export function f16ToBits(value: number): number {
  return toBits(value, F16);
}

export function f16FromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const significand = bits & 0x3ff;
  if (exponent === 0x1f) return significand === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * significand * 2 ** -24;
  return sign * (1 + significand * 2 ** -10) * 2 ** (exponent - 15);
}

/** bfloat16 nearest to the value, as a number. */
export function roundToBf16(value: number): number {
  return bf16FromBits(bf16ToBits(value));
}

/** `value` is `quotient` units of the last place; units fill the bit pattern from the bottom, so a carry moves into the exponent by itself. */
function toBits(value: number, format: Format): number {
  const { significandBits, minExponent, maxExponent } = format;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const exponentMask = (maxExponent - minExponent + 2) << significandBits;
  if (Number.isNaN(value)) return exponentMask | (1 << (significandBits - 1));
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | exponentMask;
  const exponent = Math.max(exponentOf(magnitude), minExponent);
  if (exponent > maxExponent) return sign | exponentMask;
  const quotient = roundHalfEven(magnitude * 2 ** (significandBits - exponent));
  return sign | (((exponent - minExponent) << significandBits) + quotient);
}

/** floor(log2(magnitude)) of a normal float64; a subnormal yields a value below every format's range. */
function exponentOf(magnitude: number): number {
  float64[0] = magnitude;
  return (((float64Words[1] as number) >>> 20) & 0x7ff) - 1023;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
