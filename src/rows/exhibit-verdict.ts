import type { TrialVerdict } from "../checks/judge-trial.ts";
import type { Exhibit } from "../exhibit.ts";
import { isError } from "../finding.ts";

/** Whether an error of the expected check, and of the expected class where one is named, was found. */
export function caughtAsExpected(verdict: Pick<TrialVerdict, "findings">, expected: Exhibit["expected"]): boolean {
  return verdict.findings.some(
    (finding) =>
      isError(finding) &&
      finding.check === expected.check &&
      (expected.class === undefined || finding.class === expected.class),
  );
}
