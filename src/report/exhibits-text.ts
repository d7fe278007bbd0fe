import { type Finding, isError } from "../finding.ts";
import { failureText, kernelSources } from "./check-text.ts";
import type { CheckReport, CheckRow } from "./documents.ts";
import { findingText } from "./finding-text.ts";
import type { FinishedRow } from "./finished-row.ts";
import { rowNotes } from "./schedule-text.ts";
import { tableText } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** The table of `check --exhibits`: which check caught each broken side, and that each twin passes. */
export function exhibitsText(rows: readonly FinishedRow[], report: CheckReport, terminal: Terminal): string {
  const headings = ["exhibit", "side", "must be caught by", "caught by", ""];
  const body = rows.map(({ record }) => [
    record.exhibit ?? "",
    record.variant.split("/").at(-1) ?? "",
    wanted(record),
    caughtBy(record),
    terminal.paint(record.verdict === "PASS" ? "green" : "red", record.verdict),
  ]);
  const alignment = headings.map(() => "left" as const);
  const table = tableText([headings.map((heading) => terminal.paint("dim", heading)), ...body], alignment);
  const catches = rows.flatMap((row) => catchText(row, terminal));
  const failures = rows.filter(({ record }) => record.verdict === "FAIL").map((row) => failureText(row, terminal));
  const { counts, seconds } = report;
  const totals = `${counts.rows} sides: ${counts.passed} as they should be, ${counts.failed} not, in ${seconds.toFixed(1)} s\n`;
  const notes = rowNotes(rows.map(({ record }) => record));
  return [`${table}\n`, ...catches, ...failures, ...notes, totals].join("\n");
}

/** The finding by which a broken side was caught. */
function catchText({ record }: FinishedRow, terminal: Terminal): string[] {
  const finding = record.findings.find((candidate) => isTheCatch(candidate, record));
  if (record.caught !== true || finding === undefined) return [];
  return [
    `${terminal.paint("bold", record.exhibit ?? "")}: ${findingText(finding, kernelSources(record), terminal)}\n`,
  ];
}

function isTheCatch(finding: Finding, { expected, expectedClass }: CheckRow): boolean {
  if (!isError(finding) || finding.check !== expected) return false;
  return expectedClass === undefined || finding.class === expectedClass;
}

function wanted({ expected, expectedClass }: CheckRow): string {
  if (expected === null || expected === undefined) return "nothing";
  return expectedClass === undefined ? expected : `${expected} ${expectedClass}`;
}

/** The checks that found an error, the expected one first. */
function caughtBy(record: CheckRow): string {
  const checks = [...new Set(record.findings.filter(isError).map(({ check }) => check))];
  if (checks.length === 0) return record.status === "ok" ? "nothing" : record.status;
  const others = checks.filter((check) => check !== record.expected);
  if (others.length === checks.length) return others.join(", ");
  return [record.expected, ...(others.length === 0 ? [] : [`also ${others.join(", ")}`])].join("; ");
}
