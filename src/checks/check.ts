import type { Dtype } from "../dtype.ts";
import type { CheckName, Finding } from "../finding.ts";
import type { Observation } from "../observation.ts";
import type { OutputRule } from "../tensor-declaration.ts";
import type { TrafficGate } from "../traffic-gate.ts";

/** One output with what it should hold. */
export interface ExpectedOutput {
  name: string;
  dtype: Dtype;
  shape: number[];
  rule: OutputRule | "naive-2x";
  /** Of an output that is updated in place: its bytes before the launch. */
  before?: Uint8Array | undefined;
  reference: Float64Array;
  naive: Float64Array;
}

/** An observation beside what was expected of it. */
export interface Trial {
  observation: Observation;
  outputs: ExpectedOutput[];
  /** Names of scratch buffers. */
  workspaces: ReadonlySet<string>;
  gates: readonly TrafficGate[];
}

export interface Judgement {
  findings: Finding[];
  /** The check's cell in the table; absent: how many findings it has. */
  summary?: string;
  /** What the check measured, by name with unit. */
  figures?: Record<string, number>;
}

/** One check that can fail: a folder with judge.ts and describe.ts. */
export interface Check {
  name: CheckName;
  /** Heading of its column; undefined where the table has none. */
  heading: string | undefined;
  judge(trial: Trial): Judgement;
  /** Title of a finding: what happened, without where. */
  describe(finding: Finding): string;
}
