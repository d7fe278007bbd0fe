import { dirname, join } from "node:path";
import { COLUMN_HEADINGS } from "../checks/judge-trial.ts";
import { KERNELS_FOLDER } from "../package-root.ts";
import type { CheckReport, CheckRow } from "./documents.ts";
import { findingText } from "./finding-text.ts";
import type { FinishedRow } from "./finished-row.ts";
import { rowNotes } from "./schedule-text.ts";
import { SourceExcerpts } from "./source-excerpts.ts";
import { tableText } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** The table of `check`: one per kernel, then the findings of the rows that failed, then the totals. */
export function checkText(rows: readonly FinishedRow[], report: CheckReport, terminal: Terminal): string {
  const sections = [...groupByKernel(rows)].map(
    ([op, group]) => `${terminal.paint("bold", op)}\n${table(group, terminal)}\n`,
  );
  const failed = rows.filter(({ record }) => record.verdict === "FAIL");
  const findings = failed.map((row) => failureText(row, terminal));
  return [
    ...sections,
    ...findings,
    ...rowNotes(rows.map(({ record }) => record)),
    `${totals(report, terminal)}\n`,
  ].join("\n");
}

function table(rows: readonly FinishedRow[], terminal: Terminal): string {
  const headings = ["variant", "target", "workload", ...COLUMN_HEADINGS, ""];
  const body = rows.map(({ record, cells }) => [
    record.variant,
    record.target,
    record.workload,
    ...cells,
    verdictText(record, terminal),
  ]);
  const alignment = headings.map((_, i) => (i < 3 || i === headings.length - 1 ? "left" : "right"));
  return tableText(
    [headings.map((heading) => terminal.paint("dim", heading)), ...body],
    alignment,
    headings.indexOf("workload"),
  );
}

function verdictText(record: CheckRow, terminal: Terminal): string {
  return terminal.paint(record.verdict === "PASS" ? "green" : "red", record.verdict);
}

/** Heading of a failed row and everything found in it. */
export function failureText({ record }: FinishedRow, terminal: Terminal): string {
  const sources = kernelSources(record);
  const name = `${record.op}/${record.variant} ${record.target} ${record.workload}`;
  const reason = record.reason === undefined ? "" : `: ${record.reason}`;
  const heading = `${terminal.paint("bold", name)} ${record.status}${reason}`;
  const findings = record.findings.map((finding) => findingText(finding, sources, terminal));
  return `${[heading, ...findings].join("\n\n")}\n`;
}

/** Sources of the row's kernel, by the names that its PTX carries. */
export function kernelSources(record: CheckRow): SourceExcerpts {
  return new SourceExcerpts([dirname(KERNELS_FOLDER), join(KERNELS_FOLDER, record.op)]);
}

function totals({ counts, seconds }: CheckReport, terminal: Terminal): string {
  const passed = terminal.paint("green", `${counts.passed} passed`);
  const failed = counts.failed === 0 ? "0 failed" : terminal.paint("red", `${counts.failed} failed`);
  return `${counts.rows} rows: ${passed}, ${failed} in ${seconds.toFixed(1)} s`;
}

function groupByKernel(rows: readonly FinishedRow[]): Map<string, FinishedRow[]> {
  const groups = new Map<string, FinishedRow[]>();
  for (const row of rows) {
    const group = groups.get(row.record.op) ?? [];
    group.push(row);
    groups.set(row.record.op, group);
  }
  return groups;
}
