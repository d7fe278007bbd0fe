import { DTYPES, type Dtype } from "../../src/dtype.ts";

const SIGNIFICAND_BITS: Partial<Record<Dtype, number>> = { f64: 52, f32: 23, f16: 10, bf16: 7 };

/** Farther than any tolerance: an infinity or NaN is never near anything else. */
const NEVER = 1n << 64n;

/** Representable values between two elements of the same dtype; 0 for equal bits or two NaNs, else the distance in bits as integers. */
export function ulpDistance(dtype: Dtype, left: Uint8Array, right: Uint8Array, element: number): bigint {
  const size = DTYPES[dtype].bytes;
  const a = bitsAt(left, element, size);
  const b = bitsAt(right, element, size);
  if (a === b || (isNaNBits(dtype, a) && isNaNBits(dtype, b))) return 0n;
  if (isNotFinite(dtype, a) || isNotFinite(dtype, b)) return NEVER;
  const distance = ordered(a, size) - ordered(b, size);
  return distance < 0n ? -distance : distance;
}

function bitsAt(bytes: Uint8Array, element: number, size: number): bigint {
  let bits = 0n;
  for (let byte = size - 1; byte >= 0; byte--) bits = (bits << 8n) | BigInt(bytes[element * size + byte] as number);
  return bits;
}

/** Sign and magnitude as one ordered integer. */
function ordered(bits: bigint, size: number): bigint {
  const sign = 1n << BigInt(size * 8 - 1);
  return bits & sign ? -(bits ^ sign) : bits;
}

function isNaNBits(dtype: Dtype, bits: bigint): boolean {
  const infinity = infinityBits(dtype);
  return infinity !== undefined && magnitude(dtype, bits) > infinity;
}

function isNotFinite(dtype: Dtype, bits: bigint): boolean {
  const infinity = infinityBits(dtype);
  return infinity !== undefined && magnitude(dtype, bits) >= infinity;
}

function infinityBits(dtype: Dtype): bigint | undefined {
  const significandBits = SIGNIFICAND_BITS[dtype];
  if (significandBits === undefined) return undefined;
  return magnitude(dtype, -1n) ^ ((1n << BigInt(significandBits)) - 1n);
}

/** The bits without the sign. */
function magnitude(dtype: Dtype, bits: bigint): bigint {
  return bits & ((1n << BigInt(DTYPES[dtype].bytes * 8 - 1)) - 1n);
}
