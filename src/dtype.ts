import { bf16FromBits, bf16ToBits, f16FromBits, f16ToBits } from "./narrow-float.ts";

interface DtypeInfo {
  bytes: number;
  kind: "float" | "integer";
  /** Name in a definition (FlashInfer-Bench, torch). */
  longName: string;
  /** Largest relative error of one rounding to nearest (2^-p for p significand bits); 0 for integers. */
  unitRoundoff: number;
}

/** Element types in the short names of PTX and of launch files. */
export const DTYPES = {
  f64: { bytes: 8, kind: "float", longName: "float64", unitRoundoff: 2 ** -53 },
  f32: { bytes: 4, kind: "float", longName: "float32", unitRoundoff: 2 ** -24 },
  f16: { bytes: 2, kind: "float", longName: "float16", unitRoundoff: 2 ** -11 },
  bf16: { bytes: 2, kind: "float", longName: "bfloat16", unitRoundoff: 2 ** -8 },
  i64: { bytes: 8, kind: "integer", longName: "int64", unitRoundoff: 0 },
  i32: { bytes: 4, kind: "integer", longName: "int32", unitRoundoff: 0 },
  i16: { bytes: 2, kind: "integer", longName: "int16", unitRoundoff: 0 },
  i8: { bytes: 1, kind: "integer", longName: "int8", unitRoundoff: 0 },
  u64: { bytes: 8, kind: "integer", longName: "uint64", unitRoundoff: 0 },
  u32: { bytes: 4, kind: "integer", longName: "uint32", unitRoundoff: 0 },
  u16: { bytes: 2, kind: "integer", longName: "uint16", unitRoundoff: 0 },
  u8: { bytes: 1, kind: "integer", longName: "uint8", unitRoundoff: 0 },
} as const satisfies Record<string, DtypeInfo>;

export type Dtype = keyof typeof DTYPES;

export const DTYPE_NAMES = Object.keys(DTYPES) as [Dtype, ...Dtype[]];

type LongName = (typeof DTYPES)[Dtype]["longName"];

export const LONG_DTYPE_NAMES = DTYPE_NAMES.map((name) => DTYPES[name].longName) as [LongName, ...LongName[]];

export function dtypeFromLongName(longName: LongName): Dtype {
  return DTYPE_NAMES.find((name) => DTYPES[name].longName === longName) as Dtype;
}

/** Inclusive range of an integer dtype; 64-bit ones are cut to the integers that a JSON number holds exactly. */
export function integerRange(dtype: Dtype): { min: number; max: number } {
  const bits = DTYPES[dtype].bytes * 8;
  const signed = dtype.startsWith("i");
  const max = 2 ** (signed ? bits - 1 : bits) - 1;
  return {
    min: signed ? Math.max(-(2 ** (bits - 1)), Number.MIN_SAFE_INTEGER) : 0,
    max: Math.min(max, Number.MAX_SAFE_INTEGER),
  };
}

type Writer = (view: DataView, offset: number, value: number) => void;
type Reader = (view: DataView, offset: number) => number;

const WRITERS: Record<Dtype, Writer> = {
  f64: (view, offset, value) => view.setFloat64(offset, value, true),
  f32: (view, offset, value) => view.setFloat32(offset, value, true),
  f16: (view, offset, value) => view.setUint16(offset, f16ToBits(value), true),
  bf16: (view, offset, value) => view.setUint16(offset, bf16ToBits(value), true),
  i64: (view, offset, value) => view.setBigInt64(offset, BigInt(value), true),
  i32: (view, offset, value) => view.setInt32(offset, value, true),
  i16: (view, offset, value) => view.setInt16(offset, value, true),
  i8: (view, offset, value) => view.setInt8(offset, value),
  u64: (view, offset, value) => view.setBigUint64(offset, BigInt(value), true),
  u32: (view, offset, value) => view.setUint32(offset, value, true),
  u16: (view, offset, value) => view.setUint16(offset, value, true),
  u8: (view, offset, value) => view.setUint8(offset, value),
};

const READERS: Record<Dtype, Reader> = {
  f64: (view, offset) => view.getFloat64(offset, true),
  f32: (view, offset) => view.getFloat32(offset, true),
  f16: (view, offset) => f16FromBits(view.getUint16(offset, true)),
  bf16: (view, offset) => bf16FromBits(view.getUint16(offset, true)),
  i64: (view, offset) => Number(view.getBigInt64(offset, true)),
  i32: (view, offset) => view.getInt32(offset, true),
  i16: (view, offset) => view.getInt16(offset, true),
  i8: (view, offset) => view.getInt8(offset),
  u64: (view, offset) => Number(view.getBigUint64(offset, true)),
  u32: (view, offset) => view.getUint32(offset, true),
  u16: (view, offset) => view.getUint16(offset, true),
  u8: (view, offset) => view.getUint8(offset),
};

/** Little-endian bytes of the values, floats rounded to nearest even. */
export function encode(dtype: Dtype, values: ArrayLike<number>): Uint8Array {
  return encodeEach(dtype, values.length, (i) => values[i] as number);
}

/** The same for `count` values that are made one by one, so that only their bytes are held. */
export function encodeEach(dtype: Dtype, count: number, valueAt: (index: number) => number): Uint8Array {
  const { bytes } = DTYPES[dtype];
  const write = WRITERS[dtype];
  const encoded = new Uint8Array(count * bytes);
  const view = new DataView(encoded.buffer);
  for (let i = 0; i < count; i++) write(view, i * bytes, valueAt(i));
  return encoded;
}

/** The values of little-endian bytes; 64-bit integers above 2^53 lose their low bits. */
export function decode(dtype: Dtype, encoded: Uint8Array): Float64Array {
  const { bytes } = DTYPES[dtype];
  const read = READERS[dtype];
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const values = new Float64Array(Math.floor(encoded.byteLength / bytes));
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * bytes);
  return values;
}

/** The value as the dtype holds it. */
export function roundTo(dtype: Dtype, value: number): number {
  const scratch = new DataView(new ArrayBuffer(8));
  WRITERS[dtype](scratch, 0, value);
  return READERS[dtype](scratch, 0);
}
