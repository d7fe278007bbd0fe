import type { Backend } from "../backends/backend.ts";
import type { Workspaces } from "../backends/launch-memory.ts";
import { type Code, observe } from "../backends/observe.ts";
import type { ReferenceObservation } from "../backends/reference.ts";
import { sha256 } from "../canonical.ts";
import type { ExpectedOutput } from "../checks/check.ts";
import { judgeTrial, type TrialVerdict } from "../checks/judge-trial.ts";
import { sitesOf } from "../checks/merge-findings.ts";
import { severest } from "../checks/merge-verdicts.ts";
import type { Finding } from "../finding.ts";
import type { Observation } from "../observation.ts";
import type { TrafficGate } from "../traffic-gate.ts";
import type { Workload } from "../workload.ts";

/** What one schedule of a row runs: its launches share the workspaces. */
export interface LaunchPlan {
  code: Code;
  workload: Workload;
  /** One a launch, with what its outputs must hold. */
  launches: readonly { expected: ReferenceObservation; outputs: ExpectedOutput[] }[];
  gates: readonly TrafficGate[];
}

export interface JudgedLaunches {
  /** Of the first launch. */
  observation: Observation;
  verdict: TrialVerdict;
  /** Of the last launch that ran; "" if it ended by itself. */
  reason: string;
  ordered: boolean;
  /** SHA-256 of every output of every launch. */
  outputs: Record<string, string>;
}

/** Launches one after the other until one does not end by itself. A finding of a later launch is told if no earlier one has it. */
export async function judgeLaunches(backend: Backend, plan: LaunchPlan, seed: number): Promise<JudgedLaunches> {
  const workspaces: Workspaces = new Map();
  const names = new Set(Object.keys(plan.code.definition.workspaces));
  let judged: JudgedLaunches | undefined;
  for (const [index, { expected, outputs }] of plan.launches.entries()) {
    const observation = await observe(backend, plan.code, plan.workload, expected.inputs, workspaces, seed);
    const verdict = judgeTrial({ observation, outputs, workspaces: names, gates: plan.gates });
    judged = judged === undefined ? first(observation, verdict) : joined(judged, observation, verdict, index);
    if (observation.status !== "ok" && observation.status !== "failed") break;
  }
  if (judged === undefined) throw new Error("a workload has a launch");
  return judged;
}

function first(observation: Observation, verdict: TrialVerdict): JudgedLaunches {
  const { reason, ordered = true } = observation;
  return { observation, verdict, reason, ordered, outputs: hashesOf(observation, "") };
}

function joined(
  earlier: JudgedLaunches,
  observation: Observation,
  verdict: TrialVerdict,
  index: number,
): JudgedLaunches {
  const ordinal = `launch ${index + 1}`;
  const known = new Set(earlier.verdict.findings.map(sitesOf));
  const findings: Finding[] = verdict.findings
    .filter((finding) => !known.has(sitesOf(finding)))
    .map((finding) => ({ ...finding, message: `${finding.message} (${ordinal})` }));
  const status = severest(earlier.verdict.status, verdict.status);
  return {
    ...earlier,
    verdict: {
      ...(findings.length > 0 ? verdict : earlier.verdict),
      status,
      findings: [...earlier.verdict.findings, ...findings],
    },
    reason: observation.reason === "" ? earlier.reason : `${observation.reason} (${ordinal})`,
    ordered: earlier.ordered || (observation.ordered ?? true),
    outputs: { ...earlier.outputs, ...hashesOf(observation, ` (${ordinal})`) },
  };
}

function hashesOf({ outputs }: Observation, suffix: string): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).map(([name, bytes]) => [`${name}${suffix}`, sha256(bytes)]));
}
