/** Number types of PTX by their bits, and rounding into them by exact arithmetic, independently of the addon. */

export type Direction = "n" | "z" | "m" | "p";

export interface FloatFormat {
  kind: "float";
  bits: number;
  /** Stored significand bits. */
  significandBits: number;
  minExponent: number;
  maxExponent: number;
}

export interface IntegerFormat {
  kind: "integer";
  bits: number;
  signed: boolean;
}

export type NumberFormat = FloatFormat | IntegerFormat;

const float = (bits: number, significandBits: number): FloatFormat => {
  const bias = 2 ** (bits - significandBits - 2) - 1;
  return { kind: "float", bits, significandBits, minExponent: 1 - bias, maxExponent: bias };
};
const integer = (bits: number, signed: boolean): IntegerFormat => ({ kind: "integer", bits, signed });

export const FLOATS = { f16: float(16, 10), bf16: float(16, 7), f32: float(32, 23), f64: float(64, 52) };
export const INTEGERS = {
  u8: integer(8, false),
  s8: integer(8, true),
  u16: integer(16, false),
  s16: integer(16, true),
  u32: integer(32, false),
  s32: integer(32, true),
  u64: integer(64, false),
  s64: integer(64, true),
};

/** A real number, an infinity or NaN. `denominator` is positive; a zero keeps its sign in `negative`. */
export type Exact =
  | { kind: "nan" }
  | { kind: "infinite"; negative: boolean }
  | { kind: "finite"; negative: boolean; numerator: bigint; denominator: bigint };

const NAN: Exact = { kind: "nan" };

export function finite(negative: boolean, numerator: bigint, denominator = 1n): Exact {
  return { kind: "finite", negative, numerator, denominator };
}

export function infinityBits({ significandBits, maxExponent, minExponent }: FloatFormat): bigint {
  return BigInt(maxExponent - minExponent + 2) << BigInt(significandBits);
}

export function decode(bits: bigint, format: NumberFormat): Exact {
  if (format.kind === "integer") {
    const value = format.signed ? BigInt.asIntN(format.bits, bits) : BigInt.asUintN(format.bits, bits);
    return finite(value < 0n, value < 0n ? -value : value);
  }
  const magnitude = BigInt.asUintN(format.bits - 1, bits);
  const negative = ((bits >> BigInt(format.bits - 1)) & 1n) === 1n;
  if (magnitude > infinityBits(format)) return NAN;
  if (magnitude === infinityBits(format)) return { kind: "infinite", negative };
  const field = Number(magnitude >> BigInt(format.significandBits));
  const stored = BigInt.asUintN(format.significandBits, magnitude);
  const significand = field === 0 ? stored : stored | (1n << BigInt(format.significandBits));
  const exponent = Math.max(field, 1) - 1 + format.minExponent - format.significandBits;
  return exponent < 0
    ? finite(negative, significand, 1n << BigInt(-exponent))
    : finite(negative, significand << BigInt(exponent));
}

/** Bits of the number rounded once; undefined stands for any NaN. */
export function encode(number: Exact, format: FloatFormat, direction: Direction): bigint | undefined {
  if (number.kind === "nan") return undefined;
  const sign = number.negative ? 1n << BigInt(format.bits - 1) : 0n;
  if (number.kind === "infinite") return sign | infinityBits(format);
  const { numerator, denominator, negative } = number;
  if (numerator === 0n) return sign;
  const exponent = Math.max(floorLog2(numerator, denominator), format.minExponent);
  const unit = exponent - format.significandBits;
  const units =
    unit < 0
      ? roundQuotient(numerator << BigInt(-unit), denominator, negative, direction)
      : roundQuotient(numerator, denominator << BigInt(unit), negative, direction);
  const bits = (BigInt(exponent - format.minExponent) << BigInt(format.significandBits)) + units;
  if (bits < infinityBits(format)) return sign | bits;
  const toInfinity = direction === "n" || direction === (negative ? "m" : "p");
  return sign | (toInfinity ? infinityBits(format) : infinityBits(format) - 1n);
}

/** Nearest whole number in the direction, clamped to the format (PTX ISA 9.7.9.21); `from` decides what NaN becomes. */
export function toInteger(number: Exact, format: IntegerFormat, direction: Direction, from: NumberFormat): bigint {
  const bits = BigInt(format.bits);
  const most = (1n << (format.signed ? bits - 1n : bits)) - 1n;
  const least = format.signed ? -most - 1n : 0n;
  if (number.kind === "nan") return format.bits === 64 || from.bits === 64 ? 1n << (bits - 1n) : 0n;
  if (number.kind === "infinite") return number.negative ? least : most;
  const magnitude = roundQuotient(number.numerator, number.denominator, number.negative, direction);
  const value = number.negative ? -magnitude : magnitude;
  return value < least ? least : value > most ? most : value;
}

export function roundQuotient(numerator: bigint, denominator: bigint, negative: boolean, direction: Direction): bigint {
  const floor = numerator / denominator;
  const rest = numerator - floor * denominator;
  if (rest === 0n) return floor;
  if (direction === "z") return floor;
  if (direction === "m") return negative ? floor + 1n : floor;
  if (direction === "p") return negative ? floor : floor + 1n;
  const twice = 2n * rest;
  return twice > denominator || (twice === denominator && (floor & 1n) === 1n) ? floor + 1n : floor;
}

function floorLog2(numerator: bigint, denominator: bigint): number {
  const guess = bitLength(numerator) - bitLength(denominator);
  const reached = guess >= 0 ? numerator >= denominator << BigInt(guess) : numerator << BigInt(-guess) >= denominator;
  return reached ? guess : guess - 1;
}

function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return (digits.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(digits[0] as string, 16)));
}
