import type { Artifact } from "../artifact.ts";
import type { Backend } from "../backends/backend.ts";
import type { ReferenceObservation } from "../backends/reference.ts";
import { statusOf, type TrialVerdict, tableCells } from "../checks/judge-trial.ts";
import { type MergedVerdict, mergeVerdicts, type ScheduleVerdict } from "../checks/merge-verdicts.ts";
import type { Definition } from "../definition.ts";
import { isError } from "../finding.ts";
import type { Observation } from "../observation.ts";
import type { TrafficGate } from "../traffic-gate.ts";
import type { Workload } from "../workload.ts";
import { expectedOutputs } from "./expected-outputs.ts";
import { type JudgedLaunches, judgeLaunches, type LaunchPlan } from "./judge-launches.ts";

/** What a row runs. */
export interface RowSubject {
  definition: Definition;
  /** One a stage. */
  artifacts: readonly Artifact[];
  /** The same source compiled without optimisation, where a second pass is wanted. */
  unoptimised: readonly Artifact[] | undefined;
  workload: Workload;
  /** One a launch. */
  expected: readonly ReferenceObservation[];
  gates: readonly TrafficGate[];
}

export interface JudgedSchedules {
  /** Of the first launch of the first schedule. */
  observation: Observation;
  merged: MergedVerdict;
  figures: Record<string, number>;
  cells: string[];
}

/**
 * Seeds 0 to `schedules` - 1, each on fresh memory. Values are judged on the optimised code alone: it is what is shipped,
 * and code without optimisation may round differently.
 */
export async function judgeSchedules(
  backend: Backend,
  subject: RowSubject,
  schedules: number,
): Promise<JudgedSchedules> {
  const plan = planOf(subject);
  let first: Observation | undefined;
  let shown: TrialVerdict | undefined;
  const verdicts: ScheduleVerdict[] = [];
  const others: ScheduleVerdict[] = [];
  for (let seed = 0; seed < schedules; seed++) {
    const judged = await judgeLaunches(backend, plan, seed);
    first ??= judged.observation;
    if (shown === undefined || (!hasError(shown) && hasError(judged.verdict))) shown = judged.verdict;
    verdicts.push(scheduleVerdict(seed, judged));
    if (subject.unoptimised !== undefined) {
      others.push(await secondPass(backend, plan, subject.unoptimised, seed));
    }
  }
  const merged = mergeVerdicts(verdicts, others);
  if (first === undefined || shown === undefined) throw new Error("a row needs a schedule");
  return { observation: first, merged, figures: shown.figures, cells: tableCells(shown, merged.findings) };
}

function planOf({ definition, artifacts, workload, expected, gates }: RowSubject): LaunchPlan {
  return {
    code: { definition, artifacts },
    workload,
    launches: expected.map((each) => ({ expected: each, outputs: expectedOutputs(definition, each) })),
    gates,
  };
}

/** Only what the backend saw while the code ran. */
async function secondPass(
  backend: Backend,
  plan: LaunchPlan,
  artifacts: readonly Artifact[],
  seed: number,
): Promise<ScheduleVerdict> {
  const code = { definition: plan.code.definition, artifacts };
  const launches = plan.launches.map(({ expected }) => ({ expected, outputs: [] }));
  const judged = await judgeLaunches(backend, { ...plan, code, launches, gates: [] }, seed);
  const findings = judged.verdict.findings.filter(({ check }) => check !== "diff");
  return { ...scheduleVerdict(seed, judged), findings, status: statusOf(judged.verdict.status, findings) };
}

function hasError({ findings }: TrialVerdict): boolean {
  return findings.some(isError);
}

function scheduleVerdict(seed: number, { verdict, reason, ordered, outputs }: JudgedLaunches): ScheduleVerdict {
  return { seed, status: verdict.status, reason, findings: verdict.findings, ordered, outputs };
}
