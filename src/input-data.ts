import { elementCount, shapeFor } from "./definition.ts";
import { DTYPES, type Dtype, encode } from "./dtype.ts";
import { DecodeLabError } from "./errors.ts";
import { type Axes, evaluateInteger } from "./expression.ts";
import { RandomStream } from "./random.ts";
import { activationValues, isRecipe, RECIPE_NAMES, weightValues } from "./recipes.ts";
import type { MakeInput, RawTensor, ReferenceContext, TensorValues } from "./reference-module.ts";
import type { InputDefinition } from "./tensor-declaration.ts";
import { type Workload, workloadValues } from "./workload.ts";

export interface InputTensor {
  name: string;
  input: InputDefinition;
  shape: readonly string[];
  dtype: Dtype;
}

/** Little-endian bytes of an input: as the workload lists it, as reference.ts makes it, or by its fill. */
export function tensorData(
  tensor: InputTensor,
  workload: Workload,
  make: MakeInput | undefined,
  { values, context }: { values: TensorValues; context: ReferenceContext },
): Uint8Array {
  const { name, dtype } = tensor;
  const { axes, id, recipe, seed } = workload;
  const count = elementCount(shapeFor(tensor.shape, axes));
  const given = workloadValues(workload, name)?.values;
  if (given !== undefined) return encode(dtype, ofLength(given, count, name, `workload ${id} gives`));
  const stream = new RandomStream(seed, name);
  if (make === undefined) return encode(dtype, filled(tensor, workload, stream));
  const made = make({ ...context, axes, recipe, seed, stream, values });
  return bytesOf(tensor, ofLength(made, count, name, "reference.ts makes"));
}

/** Elements of a raw input by the width of its dtype; signed as it is. */
export function rawView(dtype: Dtype, bytes: Uint8Array, name: string): RawTensor {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array<ArrayBuffer>;
  const width = DTYPES[dtype].bytes;
  if (width === 8)
    throw new DecodeLabError("SCHEMA", `raw input \`${name}\` has elements of 8 bytes; 1, 2 or 4 are allowed`);
  const signed = dtype.startsWith("i");
  if (width === 1) return signed ? new Int8Array(buffer, byteOffset, byteLength) : bytes;
  if (width === 2) return new (signed ? Int16Array : Uint16Array)(buffer, byteOffset, byteLength / 2);
  return new (signed ? Int32Array : Uint32Array)(buffer, byteOffset, byteLength / 4);
}

/** A raw input is its typed array as it is. */
function bytesOf({ input, dtype, name }: InputTensor, made: ArrayLike<number>): Uint8Array {
  if (!input.raw) return encode(dtype, made);
  const { bytes } = DTYPES[dtype];
  if (ArrayBuffer.isView(made) && made.byteLength === made.length * bytes)
    return new Uint8Array(made.buffer, made.byteOffset, made.byteLength);
  throw new DecodeLabError("SCHEMA", `raw input \`${name}\` is made as no typed array with elements of ${bytes} bytes`);
}

function ofLength<Values extends ArrayLike<number>>(made: Values, count: number, name: string, who: string): Values {
  if (made.length === count) return made;
  throw new DecodeLabError("SCHEMA", `${who} ${made.length} values for \`${name}\`, its shape takes ${count}`);
}

function filled({ name, input, shape }: InputTensor, workload: Workload, stream: RandomStream): ArrayLike<number> {
  const { axes, recipe } = workload;
  const sizes = shapeFor(shape, axes);
  const count = elementCount(sizes);
  if (input.fill === "weight") return weightValues(stream, count);
  if (!isRecipe(recipe)) {
    const hint = `reference.ts makes it, or the recipe is one of ${RECIPE_NAMES.join(", ")}`;
    throw new DecodeLabError("SCHEMA", `recipe \`${recipe}\` of workload ${workload.id} does not fill \`${name}\``, {
      hint,
    });
  }
  const length = sizes.at(-1) ?? 1;
  return activationValues(recipe, stream, { count: count / length, length, ...vectorLayout(input, length, axes) });
}

function vectorLayout(input: InputDefinition, length: number, axes: Axes): { valid: number; vectorLength: number } {
  return {
    valid: input.valid === undefined ? length : evaluateInteger(input.valid, axes),
    vectorLength: input.vector === undefined ? length : evaluateInteger(input.vector, axes),
  };
}
