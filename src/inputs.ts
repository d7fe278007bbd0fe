import { type Definition, elementCount, type InputDefinition, shapeFor } from "./definition.ts";
import { type Derive, DerivedTables } from "./derived-tables.ts";
import { type Dtype, decode, encode } from "./dtype.ts";
import { DecodeLabError } from "./errors.ts";
import { type Axes, evaluateInteger } from "./expression.ts";
import { RandomStream } from "./random.ts";
import { activationValues, weightValues } from "./recipes.ts";
import type { ReferenceModule, TensorValues } from "./reference-module.ts";
import { type Workload, workloadValues } from "./workload.ts";

interface DrawnTensor {
  bytes: Uint8Array;
}

interface DerivedTensor {
  derive: Derive;
}

/** The inputs of one workload; the same for every backend, variant and platform. */
export interface WorkloadInputs {
  axes: Axes;
  tensors: Map<string, DrawnTensor | DerivedTensor>;
  scalars: Map<string, { dtype: Dtype; value: number }>;
  /** What reference.ts takes: every input but the derived ones, as its dtype holds it. */
  values: TensorValues;
}

const tables = new DerivedTables();

export function makeInputs(definition: Definition, module: ReferenceModule, workload: Workload): WorkloadInputs {
  const inputs: WorkloadInputs = { axes: workload.axes, tensors: new Map(), scalars: new Map(), values: {} };
  for (const [name, input] of Object.entries(definition.inputs)) {
    const derive = module.derivedInputs?.[name];
    if (derive !== undefined) {
      inputs.tensors.set(name, { derive });
    } else if (input.shape === null) {
      const value = scalarValue(name, input, workload);
      inputs.scalars.set(name, { dtype: input.dtype, value });
      inputs.values[name] = decode(input.dtype, encode(input.dtype, [value]));
    } else {
      const bytes = encode(input.dtype, tensorValues(name, input, input.shape, workload));
      inputs.tensors.set(name, { bytes });
      inputs.values[name] = decode(input.dtype, bytes);
    }
  }
  return inputs;
}

/** Bytes of an input for one run alone; hand them back with `inputModified`. */
export function lendInput(inputs: WorkloadInputs, name: string): Uint8Array {
  const tensor = tensorNamed(inputs, name);
  return "derive" in tensor ? tables.lend(tensor.derive, inputs.axes) : tensor.bytes.slice();
}

/** Ends a loan: whether the run changed any byte; `written` is what the backend saw written. */
export function inputModified(inputs: WorkloadInputs, name: string, bytes: Uint8Array, written: number): boolean {
  const tensor = tensorNamed(inputs, name);
  if (written === 0) {
    if ("derive" in tensor) tables.giveBack(tensor.derive, inputs.axes, bytes);
    return false;
  }
  const original = "derive" in tensor ? tables.lend(tensor.derive, inputs.axes) : tensor.bytes;
  return Buffer.compare(original, bytes) !== 0;
}

function tensorNamed(inputs: WorkloadInputs, name: string): DrawnTensor | DerivedTensor {
  const tensor = inputs.tensors.get(name);
  if (tensor === undefined) throw new DecodeLabError("SCHEMA", `the definition has no input tensor \`${name}\``);
  return tensor;
}

function scalarValue(name: string, input: InputDefinition, workload: Workload): number {
  const value = workloadValues(workload, name)?.values[0] ?? input.value;
  if (value === undefined)
    throw new DecodeLabError("SCHEMA", `scalar \`${name}\` has no value in workload ${workload.id}`);
  return value;
}

function tensorValues(
  name: string,
  input: InputDefinition,
  shapeExpressions: readonly string[],
  workload: Workload,
): ArrayLike<number> {
  const { axes } = workload;
  const shape = shapeFor(shapeExpressions, axes);
  const count = elementCount(shape);
  const given = workloadValues(workload, name);
  if (given !== undefined) {
    if (given.values.length === count) return given.values;
    throw new DecodeLabError(
      "SCHEMA",
      `workload ${workload.id} gives ${given.values.length} values for \`${name}\`, its shape [${shape}] takes ${count}`,
    );
  }
  const stream = new RandomStream(workload.seed, name);
  if (input.fill === "weight") return weightValues(stream, count);
  const length = shape.at(-1) ?? 1;
  const valid = input.valid === undefined ? length : evaluateInteger(input.valid, axes);
  const vectorLength = input.vector === undefined ? length : evaluateInteger(input.vector, axes);
  return activationValues(workload.recipe, stream, { count: count / length, length, valid, vectorLength });
}
