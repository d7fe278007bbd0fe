import { f16FromBits } from "../narrow-float.ts";

/** Names in the safetensors format of the element types that a head, hidden states or scales may have. */
export const FLOAT_BYTES = { BF16: 2, F16: 2, F32: 4 } as const;

export type FloatDtype = keyof typeof FLOAT_BYTES;

export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(FLOAT_BYTES, dtype);
}

let float16Table: Float32Array | undefined;

/** Little-endian bytes as float32, which holds each value exactly. */
export function floatValues(dtype: FloatDtype, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (dtype === "F32") return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const bits = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  const values = new Float32Array(bits.length);
  if (dtype === "BF16") {
    const words = new Uint32Array(values.buffer);
    for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
    return values;
  }
  float16Table ??= Float32Array.from({ length: 65536 }, (_, pattern) => f16FromBits(pattern));
  for (let i = 0; i < bits.length; i++) values[i] = float16Table[bits[i] as number] as number;
  return values;
}
