import { type Artifact, artifactSchema } from "../artifact.ts";
import { recordId } from "../canonical.ts";
import type { Definition } from "../definition.ts";
import { inputModified, type WorkloadInputs } from "../inputs.ts";
import type { NativeLaunch, NativeResult } from "../native/addon.ts";
import type { Observation } from "../observation.ts";
import type { Workload } from "../workload.ts";
import { artifactLaunch } from "./artifact-launch.ts";
import type { Backend } from "./backend.ts";

/** Runs the artifact on copies of the workload's inputs and gathers what the backend saw. */
export async function observe(
  backend: Backend,
  definition: Definition,
  artifact: Artifact,
  workload: Workload,
  inputs: WorkloadInputs,
  seed: number,
): Promise<Observation> {
  const launch = await artifactLaunch(definition, artifact, inputs, seed);
  const result = await backend.execute(launch);
  return {
    schema: "decode-lab/observation@1",
    artifact: recordId(artifactSchema.strip().parse(artifact)),
    workload: recordId(workload),
    backend: backend.name,
    environment: backend.environment(),
    status: result.status,
    reason: result.reason,
    outputs: outputsOf(definition, launch),
    findings: result.findings,
    prints: result.prints,
    instructions: result.instructions,
    laneOperations: result.laneOperations,
    wallSeconds: result.wallSeconds,
    ordered: result.ordered,
    traffic: result.traffic,
    buffers: result.buffers,
    modifiedInputs: modifiedInputs(inputs, launch, result),
  };
}

/** Every output of the definition; one without elements, whose pointer is null, has no bytes. */
function outputsOf(definition: Definition, launch: NativeLaunch): Record<string, Uint8Array> {
  const outputs: Record<string, Uint8Array> = {};
  for (const { name, ...parameter } of launch.params) {
    if (!(name in definition.outputs)) continue;
    outputs[name] = parameter.kind === "buffer" ? parameter.bytes : new Uint8Array();
  }
  return outputs;
}

function modifiedInputs(inputs: WorkloadInputs, launch: NativeLaunch, result: NativeResult): string[] {
  const buffers = launch.params.filter((parameter) => parameter.kind === "buffer");
  return buffers
    .filter(({ name, bytes }, i) => {
      if (!inputs.tensors.has(name)) return false;
      return inputModified(inputs, name, bytes, result.buffers[i]?.bytesWritten ?? 0);
    })
    .map(({ name }) => name);
}
