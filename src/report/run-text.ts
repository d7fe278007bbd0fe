import type { Report } from "./documents.ts";
import { findingText } from "./finding-text.ts";
import { differenceText, scopeText } from "./schedule-text.ts";
import type { SourceExcerpts } from "./source-excerpts.ts";
import type { Terminal } from "./terminal.ts";
import { trafficText } from "./traffic-text.ts";

/** What `run` prints: findings, the kernel's own lines, then status, work, traffic and the hash of each output. */
export function runText(report: Report, sources: SourceExcerpts, terminal: Terminal): string {
  const findings = report.findings.map((finding) => `${findingText(finding, sources, terminal)}\n`);
  const prints = (report.prints ?? []).map((line) => `| ${line}\n`).join("");
  const reason = report.reason === undefined ? "" : `: ${report.reason}`;
  const status = terminal.paint(report.status === "ok" ? "green" : "red", report.status);
  const { passStatus } = report;
  const notes = [
    ["passes", passStatus && `optimised ${passStatus.optimised}, unoptimised ${passStatus.unoptimised}`],
    ["schedules", scopeText(report)],
    ["differing", differenceText(report)],
  ] as const;
  const lines = [
    `status        ${status}${reason}`,
    ...notes.flatMap(([label, note]) => (note === undefined ? [] : [`${label.padEnd(13)} ${note}`])),
    `work          ${report.instructions ?? 0} warp instructions in ${(report.wallSeconds ?? 0).toFixed(3)} s`,
    `global memory ${trafficText(report.traffic)}`,
    ...Object.entries(report.outputs).map(([name, { sha256, file }]) => {
      const where = file === undefined ? "" : ` in ${file}`;
      return `output        ${name} sha256 ${sha256}${where}`;
    }),
  ];
  return [...findings, ...(prints === "" ? [] : [prints]), `${lines.join("\n")}\n`].join("\n");
}
