import { DTYPES } from "../dtype.ts";
import { DecodeLabError } from "../errors.ts";
import { bf16ToBits, f16ToBits } from "../narrow-float.ts";
import { type FloatDtype, floatValues, isFloatDtype } from "./float-values.ts";
import { quoted, type TensorEntry } from "./safetensors-header.ts";
import { type ScaleDtype, scaleValue } from "./shape.ts";

/** Scales of a quantised checkpoint as 16 bits each, and how many of them the change of type rounded. */
export interface ScaleBits {
  bits: Uint16Array;
  rounded: number;
}

const SAME: Record<ScaleDtype, FloatDtype> = { bf16: "BF16", f16: "F16" };

/** The type in which a checkpoint's scales are kept: `asked`, or their own if that has 16 bits. */
export function scaleDtypeOf(tensor: TensorEntry, asked: ScaleDtype | undefined): ScaleDtype {
  if (!isFloatDtype(tensor.dtype)) {
    throw new DecodeLabError("CHECKPOINT_UNSUPPORTED", `${quoted(tensor.name)} has dtype ${tensor.dtype}`, {
      hint: "scales are BF16, F16 or F32",
    });
  }
  if (asked !== undefined) return asked;
  if (tensor.dtype === "BF16") return "bf16";
  if (tensor.dtype === "F16") return "f16";
  throw new DecodeLabError("USAGE", `the scales ${quoted(tensor.name)} are F32, Marlin takes 16 bits`, {
    hint: "say --scale-dtype bf16 or f16, which rounds them",
  });
}

/** Scales as bits of `dtype`, rounded to nearest even where they have another; TENSOR_INVALID where one is not finite in it. */
export function scaleBits(
  tensor: TensorEntry,
  bytes: Uint8Array<ArrayBuffer>,
  dtype: ScaleDtype,
  firstRow = 0,
): ScaleBits {
  const values = floatValues(tensor.dtype as FloatDtype, bytes);
  const keep = tensor.dtype === SAME[dtype];
  const toBits = dtype === "bf16" ? bf16ToBits : f16ToBits;
  const bits = keep ? new Uint16Array(bytes.slice().buffer) : Uint16Array.from(values, toBits);
  let rounded = 0;
  const columns = tensor.shape.at(-1) as number;
  for (let i = 0; i < values.length; i++) {
    const kept = keep ? (values[i] as number) : scaleValue(dtype, bits[i] as number);
    if (!Number.isFinite(kept)) {
      const place = `[${firstRow + Math.floor(i / columns)}, ${i % columns}]`;
      const message = `scale ${values[i]} at ${place} of ${quoted(tensor.name)} is not finite in ${DTYPES[dtype].longName}`;
      throw new DecodeLabError("TENSOR_INVALID", message);
    }
    if (kept !== values[i]) rounded++;
  }
  return { bits, rounded };
}
