import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import type { Artifact, ArtifactParameter } from "../artifact.ts";
import { type Definition, elementCount, shapeFor } from "../definition.ts";
import { DTYPES, encode } from "../dtype.ts";
import { DecodeLabError } from "../errors.ts";
import { type Axes, evaluateInteger } from "../expression.ts";
import { lendInput, type WorkloadInputs } from "../inputs.ts";
import { DEFAULT_LIMITS } from "../launch.ts";
import type { Dim3, NativeLaunch, NativeParameter } from "../native/addon.ts";
import { PACKAGE_ROOT } from "../package-root.ts";

/** The launch of an artifact on copies of a workload's inputs, its outputs poisoned; one machine thread, since rows run side by side. */
export async function artifactLaunch(
  definition: Definition,
  artifact: Artifact,
  inputs: WorkloadInputs,
  seed: number,
): Promise<NativeLaunch> {
  const { axes } = inputs;
  return {
    ptx: await readFile(artifact.codeFile, "utf8"),
    ptxName: nameOf(artifact.codeFile),
    entry: artifact.entry,
    grid: artifact.launch.grid.map((size) => evaluateInteger(size, axes)) as Dim3,
    block: artifact.launch.block.map((size) => evaluateInteger(size, axes)) as Dim3,
    sharedBytes: evaluateInteger(artifact.launch.sharedBytes, axes),
    cooperative: false,
    params: artifact.parameters.map((parameter) => bind(definition, parameter, inputs)),
    limits: DEFAULT_LIMITS,
    seed,
    threads: 1,
  };
}

/** Relative to the package; of code made for this run alone, the file name. */
function nameOf(codeFile: string): string {
  const name = relative(PACKAGE_ROOT, codeFile);
  return name.startsWith("..") ? basename(codeFile) : name;
}

/** Bytes of one output for the axes. */
function outputBytes(definition: Definition, name: string, axes: Axes): number {
  const output = definition.outputs[name];
  if (output === undefined) throw new DecodeLabError("SCHEMA", `${definition.name} has no output \`${name}\``);
  return elementCount(shapeFor(output.shape, axes)) * DTYPES[output.dtype].bytes;
}

const POISON_BYTE = 0xff;

function bind(definition: Definition, parameter: ArtifactParameter, inputs: WorkloadInputs): NativeParameter {
  const { name, kind } = parameter;
  if (kind === "null") return { kind, name };
  if (kind === "scalar") return { kind, name, bytes: encode(parameter.dtype, [scalarValue(name, inputs)]) };
  if (inputs.tensors.has(name)) return { kind, name, bytes: lendInput(inputs, name), initialised: true };
  const size = outputBytes(definition, name, inputs.axes);
  if (size === 0) return { kind: "null", name };
  return { kind, name, bytes: new Uint8Array(size).fill(POISON_BYTE), initialised: false };
}

function scalarValue(name: string, inputs: WorkloadInputs): number {
  const value = inputs.scalars.get(name)?.value ?? inputs.axes[name];
  if (value !== undefined) return value;
  throw new DecodeLabError("SCHEMA", `parameter \`${name}\` is neither an axis nor a scalar input`);
}
