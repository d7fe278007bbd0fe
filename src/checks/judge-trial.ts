import { type Finding, isError } from "../finding.ts";
import type { Status } from "../observation.ts";
import type { Trial } from "./check.ts";
import { CHECKS, MEASUREMENTS } from "./index.ts";

export interface TrialVerdict {
  status: Status;
  findings: Finding[];
  /** Table cells in the order of COLUMN_HEADINGS. */
  cells: string[];
  figures: Record<string, number>;
}

const COLUMNS = [...CHECKS, ...MEASUREMENTS].filter((column) => column.heading !== undefined);

export const COLUMN_HEADINGS: readonly string[] = COLUMNS.map((column) => column.heading as string);

/** Every check on one trial. A run that ended early keeps its status; one that ended is `failed` if any finding is an error. */
export function judgeTrial(trial: Trial): TrialVerdict {
  const findings: Finding[] = [];
  const figures: Record<string, number> = {};
  const cells: string[] = [];
  for (const check of [...CHECKS, ...MEASUREMENTS]) {
    const judgement = check.judge(trial);
    findings.push(...judgement.findings);
    Object.assign(figures, judgement.figures);
    if (check.heading !== undefined) cells.push(judgement.summary);
  }
  return { status: statusOf(trial.observation.status, findings), findings, cells, figures };
}

export function statusOf(status: Status, findings: readonly Finding[]): Status {
  if (status !== "ok" && status !== "failed") return status;
  return findings.some(isError) ? "failed" : "ok";
}
