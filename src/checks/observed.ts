import { type CheckName, type Finding, isError } from "../finding.ts";
import type { Judgement, Trial } from "./check.ts";

/** Judgement of a check whose findings the backend made while the kernel ran. */
export function judgeObserved(check: CheckName): (trial: Trial) => Judgement {
  return ({ observation }) => {
    return { findings: observation.findings.filter((finding) => finding.check === check) };
  };
}

/** `0`, `2`, or `0 +1w` with warnings. */
export function countText(findings: readonly Finding[]): string {
  const errors = findings.filter(isError).length;
  const warnings = findings.length - errors;
  return warnings === 0 ? `${errors}` : `${errors} +${warnings}w`;
}

/** "`q_out` bytes 128..131", or the state space and its bytes where no buffer is known. */
export function whereText(finding: Finding): string {
  const last = finding.byteOffset + Math.max(finding.bytes, 1) - 1;
  const range = finding.bytes > 1 ? `bytes ${finding.byteOffset}..${last}` : `byte ${finding.byteOffset}`;
  if (finding.buffer === "") return finding.space === "none" ? "" : `${finding.space} ${range}`;
  if (finding.buffer === finding.space) return `${finding.space} ${range}`;
  return `\`${finding.buffer}\` ${range}`;
}
