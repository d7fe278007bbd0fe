import { type Finding, isError } from "../finding.ts";
import type { Status } from "../observation.ts";
import type { Judgement, Trial } from "./check.ts";
import { CHECKS } from "./index.ts";
import { countText } from "./observed.ts";

/** What the checks say of one trial. */
export interface TrialVerdict {
  status: Status;
  findings: Finding[];
  /** One per column of the table. */
  judgements: Judgement[];
  figures: Record<string, number>;
}

const COLUMNS = CHECKS.filter((column) => column.heading !== undefined);

export const COLUMN_HEADINGS: readonly string[] = COLUMNS.map((column) => column.heading as string);

/** Every check on one trial. A run that ended early keeps its status; one that ended is `failed` if any finding is an error. */
export function judgeTrial(trial: Trial): TrialVerdict {
  const findings: Finding[] = [];
  const figures: Record<string, number> = {};
  const judgements: Judgement[] = [];
  for (const check of CHECKS) {
    const judgement = check.judge(trial);
    findings.push(...judgement.findings);
    Object.assign(figures, judgement.figures);
    if (check.heading !== undefined) judgements.push(judgement);
  }
  return { status: statusOf(trial.observation.status, findings), findings, judgements, figures };
}

export function statusOf(status: Status, findings: readonly Finding[]): Status {
  if (status !== "ok" && status !== "failed") return status;
  return findings.some(isError) ? "failed" : "ok";
}

/** The cells of a row: how many of all its findings are a check's, or the summary of the trial that is shown. */
export function tableCells({ judgements }: TrialVerdict, findings: readonly Finding[]): string[] {
  return COLUMNS.map(({ name }, i) => {
    return judgements[i]?.summary ?? countText(findings.filter(({ check }) => check === name));
  });
}
