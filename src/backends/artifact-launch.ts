import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import type { Artifact, ArtifactParameter } from "../artifact.ts";
import { encode } from "../dtype.ts";
import { DecodeLabError } from "../errors.ts";
import { evaluateInteger } from "../expression.ts";
import type { WorkloadInputs } from "../inputs.ts";
import { DEFAULT_LIMITS } from "../launch.ts";
import type { Dim3, NativeLaunch, NativeParameter } from "../native/addon.ts";
import { PACKAGE_ROOT } from "../package-root.ts";
import type { LaunchMemory } from "./launch-memory.ts";

/** A kernel at full size takes a minute of one core, several on a machine that does other work. */
const MOST_SECONDS = 1200;

/** The launch of an artifact on a workload's inputs; one machine thread, since rows run side by side. */
export async function artifactLaunch(
  artifact: Artifact,
  inputs: WorkloadInputs,
  memory: LaunchMemory,
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
    params: artifact.parameters.map((parameter) => bind(parameter, inputs, memory)),
    limits: { ...DEFAULT_LIMITS, seconds: MOST_SECONDS },
    seed,
    threads: 1,
  };
}

/** Relative to the package; of code made for this run alone, the file name. */
function nameOf(codeFile: string): string {
  const name = relative(PACKAGE_ROOT, codeFile);
  return name.startsWith("..") ? basename(codeFile) : name;
}

function bind(parameter: ArtifactParameter, inputs: WorkloadInputs, memory: LaunchMemory): NativeParameter {
  const { name, kind } = parameter;
  if (kind === "null") return { kind, name };
  if (kind === "scalar") return { kind, name, bytes: encode(parameter.dtype, [scalarValue(parameter, inputs)]) };
  return memory.bind(name);
}

function scalarValue(
  { name, value: expression }: { name: string; value?: string | undefined },
  inputs: WorkloadInputs,
): number {
  if (expression !== undefined) return evaluateInteger(expression, inputs.axes);
  const value = inputs.scalars.get(name)?.value ?? inputs.axes[name];
  if (value !== undefined) return value;
  throw new DecodeLabError("SCHEMA", `parameter \`${name}\` is neither an axis nor a scalar input`);
}
