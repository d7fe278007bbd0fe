import type { Exhibit } from "../exhibit.ts";
import { type Finding, isError } from "../finding.ts";

/** Whether an error of the expected check, and of the expected class where one is named, was found. */
export function caughtAsExpected(findings: readonly Finding[], expected: Exhibit["expected"]): boolean {
  return findings.some(
    (finding) =>
      isError(finding) &&
      finding.check === expected.check &&
      (expected.class === undefined || finding.class === expected.class),
  );
}
