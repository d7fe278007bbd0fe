import { type Definition, dtypesFor, isPresent, tensorDtype } from "./definition.ts";
import { type Derive, DerivedTables } from "./derived-tables.ts";
import { type Dtype, decode, encode } from "./dtype.ts";
import { DecodeLabError } from "./errors.ts";
import type { Axes } from "./expression.ts";
import { rawView, tensorData } from "./input-data.ts";
import { RECIPE_NAMES } from "./recipes.ts";
import type { RawTensor, ReferenceContext, ReferenceModule, TensorValues } from "./reference-module.ts";
import type { InputDefinition } from "./tensor-declaration.ts";
import { type Workload, workloadValues } from "./workload.ts";

interface DrawnTensor {
  bytes: Uint8Array;
}

interface DerivedTensor {
  derive: Derive;
}

/** The inputs of one launch of a workload; the same for every backend, variant and platform. */
export interface WorkloadInputs {
  axes: Axes;
  tensors: Map<string, DrawnTensor | DerivedTensor>;
  scalars: Map<string, { dtype: Dtype; value: number }>;
  /** What reference.ts takes: every input but the derived and the raw ones, as its dtype holds it. */
  values: TensorValues;
  context: ReferenceContext;
}

const tables = new DerivedTables();

/** Between the seeds of two launches of a row. */
const SEED_STEP = 2 ** 20;

/** Launch 0 is the workload itself; later ones draw with other seeds. */
export function makeInputs(
  definition: Definition,
  module: ReferenceModule,
  workload: Workload,
  launch = 0,
): WorkloadInputs {
  refuseUnknownRecipe(module, workload);
  const dtypes = dtypesFor(definition, workload.dtypes);
  const raw: Record<string, RawTensor> = {};
  const inputs: WorkloadInputs = {
    axes: workload.axes,
    tensors: new Map(),
    scalars: new Map(),
    values: {},
    context: { dtypes, raw },
  };
  const seeded: Workload = Object.assign({ ...workload }, { seed: workload.seed + launch * SEED_STEP });
  for (const [name, input] of Object.entries(definition.inputs)) {
    if (isPresent(input, workload.axes)) addInput(inputs, module, name, input, seeded);
  }
  return inputs;
}

function addInput(
  inputs: WorkloadInputs,
  module: ReferenceModule,
  name: string,
  input: InputDefinition,
  workload: Workload,
): void {
  const { values, context } = inputs;
  const dtype = tensorDtype(input, context.dtypes);
  const derive = module.derivedInputs?.[name];
  if (derive !== undefined) {
    inputs.tensors.set(name, { derive });
  } else if (input.shape === null) {
    const value = scalarValue(name, input, workload);
    inputs.scalars.set(name, { dtype, value });
    values[name] = decode(dtype, encode(dtype, [value]));
  } else {
    const bytes = tensorData({ name, input, shape: input.shape, dtype }, workload, module.inputs?.[name], inputs);
    inputs.tensors.set(name, { bytes });
    if (input.raw) context.raw[name] = rawView(dtype, bytes, name);
    else values[name] = decode(dtype, bytes);
  }
}

function refuseUnknownRecipe({ recipes = [] }: ReferenceModule, { id, recipe }: Workload): void {
  const known: readonly string[] = [...RECIPE_NAMES, ...recipes];
  if (known.includes(recipe)) return;
  throw new DecodeLabError("SCHEMA", `workload ${id} has no recipe \`${recipe}\``, {
    hint: `there are ${known.join(", ")}`,
  });
}

/** Bytes of an input for one run alone; hand them back with `inputModified`. */
export function lendInput(inputs: WorkloadInputs, name: string): Uint8Array {
  const tensor = tensorNamed(inputs, name);
  return "derive" in tensor ? tables.lend(tensor.derive, inputs.axes) : tensor.bytes.slice();
}

/** The bytes as they are before any run, not to be written. */
export function inputBytes(inputs: WorkloadInputs, name: string): Uint8Array | undefined {
  const tensor = inputs.tensors.get(name);
  return tensor !== undefined && "bytes" in tensor ? tensor.bytes : undefined;
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
