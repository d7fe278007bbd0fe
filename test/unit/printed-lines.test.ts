import { expect, it } from "vitest";
import type { MergedVerdict } from "../../src/checks/merge-verdicts.ts";
import { reportFields } from "../../src/report/report-fields.ts";
import { runText } from "../../src/report/run-text.ts";
import { SourceExcerpts } from "../../src/report/source-excerpts.ts";
import { Terminal } from "../../src/report/terminal.ts";

const VERDICT: MergedVerdict = {
  status: "ok",
  reason: "",
  findings: [],
  schedules: { count: 1, scope: "every-schedule" },
};

function textOf(prints: string[]): string {
  const fields = reportFields({ prints, outputs: {} }, VERDICT);
  const report = { schema: "decode-lab/report@1" as const, backend: "fake", ...fields };
  return runText(report, new SourceExcerpts([]), new Terminal({ colour: false, quiet: true }));
}

it("shows the lines that a kernel printed, each behind a bar", () => {
  expect(textOf(["first", "", "third"])).toMatch(/^\| first\n\| \n\| third\n\nstatus /);
});

it("shows nothing of a kernel that printed nothing, and leaves the field out", () => {
  expect(textOf([])).toMatch(/^status /);
  expect(reportFields({ prints: [], outputs: {} }, VERDICT)).not.toHaveProperty("prints");
});
