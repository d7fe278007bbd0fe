import type { Artifact } from "../artifact.ts";
import type { Backend } from "../backends/backend.ts";
import { observe } from "../backends/observe.ts";
import type { ReferenceObservation } from "../backends/reference.ts";
import { sha256 } from "../canonical.ts";
import type { ExpectedOutput } from "../checks/check.ts";
import { judgeTrial, type TrialVerdict, tableCells } from "../checks/judge-trial.ts";
import { type MergedVerdict, mergeVerdicts, type ScheduleVerdict } from "../checks/merge-verdicts.ts";
import { type Definition, shapeFor } from "../definition.ts";
import { DecodeLabError } from "../errors.ts";
import { isError } from "../finding.ts";
import type { Observation } from "../observation.ts";
import type { Workload } from "../workload.ts";

/** What a row runs. */
export interface RowSubject {
  definition: Definition;
  artifact: Artifact;
  /** The same source compiled without optimisation, where a second pass is wanted. */
  unoptimised: Artifact | undefined;
  workload: Workload;
  expected: ReferenceObservation;
}

export interface JudgedSchedules {
  /** Of the first schedule. */
  observation: Observation;
  merged: MergedVerdict;
  figures: Record<string, number>;
  cells: string[];
}

/**
 * Seeds 0 to `schedules` - 1, each on fresh inputs. Values are judged on the optimised code alone: it is what is shipped,
 * and code without optimisation may round differently.
 */
export async function judgeSchedules(
  backend: Backend,
  subject: RowSubject,
  schedules: number,
): Promise<JudgedSchedules> {
  const { definition, artifact, unoptimised, workload, expected } = subject;
  const outputs = expectedOutputs(definition, workload, expected);
  const run = (code: Artifact, seed: number) => observe(backend, definition, code, workload, expected.inputs, seed);
  let first: Observation | undefined;
  let shown: TrialVerdict | undefined;
  const verdicts: ScheduleVerdict[] = [];
  const others: ScheduleVerdict[] = [];
  for (let seed = 0; seed < schedules; seed++) {
    const observation = await run(artifact, seed);
    const verdict = judgeTrial({ observation, outputs });
    first ??= observation;
    if (shown === undefined || (!hasError(shown) && hasError(verdict))) shown = verdict;
    verdicts.push(scheduleVerdict(seed, observation, verdict));
    if (unoptimised === undefined) continue;
    const other = await run(unoptimised, seed);
    others.push(scheduleVerdict(seed, other, other));
  }
  const merged = mergeVerdicts(verdicts, others);
  if (first === undefined || shown === undefined) throw new Error("a row needs a schedule");
  return { observation: first, merged, figures: shown.figures, cells: tableCells(shown, merged.findings) };
}

function hasError({ findings }: TrialVerdict): boolean {
  return findings.some(isError);
}

function scheduleVerdict(
  seed: number,
  { reason, ordered, outputs }: Observation,
  { status, findings }: Pick<TrialVerdict, "status" | "findings">,
): ScheduleVerdict {
  const hashes = Object.entries(outputs).map(([name, bytes]) => [name, sha256(bytes)]);
  return { seed, status, reason, findings, ordered: ordered ?? true, outputs: Object.fromEntries(hashes) };
}

function expectedOutputs(definition: Definition, workload: Workload, expected: ReferenceObservation): ExpectedOutput[] {
  return Object.entries(definition.outputs).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape: shapeFor(shape, workload.axes),
    reference: valuesOf(expected.reference, name),
    naive: valuesOf(expected.naive, name),
  }));
}

function valuesOf(outputs: Record<string, Float64Array>, name: string): Float64Array {
  const values = outputs[name];
  if (values === undefined) throw new DecodeLabError("SCHEMA", `reference.ts yields no output \`${name}\``);
  return values;
}
