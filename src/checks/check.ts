import type { Dtype } from "../dtype.ts";
import type { CheckName, Finding } from "../finding.ts";
import type { Observation, Traffic } from "../observation.ts";

/** One output with what it should hold. */
export interface ExpectedOutput {
  name: string;
  dtype: Dtype;
  shape: number[];
  reference: Float64Array;
  naive: Float64Array;
}

/** An observation beside what was expected of it. */
export interface Trial {
  observation: Observation;
  outputs: ExpectedOutput[];
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

/** One check that only measures: a folder with judge.ts and describe.ts. */
export interface Measurement {
  name: "traffic";
  heading: string;
  judge(trial: Trial): Judgement;
  /** One line of what was measured. */
  describe(traffic: Traffic | undefined): string;
}
