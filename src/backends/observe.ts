import { type Artifact, artifactSchema } from "../artifact.ts";
import { recordId } from "../canonical.ts";
import type { Definition } from "../definition.ts";
import { inputModified, type WorkloadInputs } from "../inputs.ts";
import type { Observation } from "../observation.ts";
import type { Workload } from "../workload.ts";
import { artifactLaunch } from "./artifact-launch.ts";
import type { Backend } from "./backend.ts";
import { LaunchMemory, type Workspaces } from "./launch-memory.ts";
import { joinStages, type StageResult } from "./stages.ts";

/** What runs: the artifacts of a variant's stages, one after the other. */
export interface Code {
  definition: Definition;
  artifacts: readonly Artifact[];
}

/** Runs the stages on copies of the workload's inputs and gathers what the backend saw; ends at the first that does not end by itself. */
export async function observe(
  backend: Backend,
  { definition, artifacts }: Code,
  workload: Workload,
  inputs: WorkloadInputs,
  workspaces: Workspaces,
  seed: number,
): Promise<Observation> {
  const memory = new LaunchMemory(definition, inputs, workspaces);
  const results: StageResult[] = [];
  for (const artifact of artifacts) {
    const launch = await artifactLaunch(artifact, inputs, memory, seed);
    const result = await backend.execute(launch);
    results.push({ stage: artifact.stage, result });
    if (result.status !== "ok" && result.status !== "failed") break;
  }
  const joined = joinStages(results);
  return {
    schema: "decode-lab/observation@1",
    artifacts: artifacts.map((artifact) => recordId(artifactSchema.strip().parse(artifact))),
    workload: recordId(workload),
    backend: backend.name,
    environment: backend.environment(),
    outputs: memory.outputs(),
    modifiedInputs: modifiedInputs(definition, inputs, memory, joined.buffers),
    ...joined,
  };
}

/** Of the inputs that the kernel may not update. */
function modifiedInputs(
  definition: Definition,
  inputs: WorkloadInputs,
  memory: LaunchMemory,
  buffers: Observation["buffers"] = [],
): string[] {
  return memory
    .lentInputs()
    .filter(({ name, bytes }) => {
      const written = buffers.find((buffer) => buffer.name === name)?.bytesWritten ?? 0;
      return inputModified(inputs, name, bytes, written) && !(name in definition.outputs);
    })
    .map(({ name }) => name);
}
