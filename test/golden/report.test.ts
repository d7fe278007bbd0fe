import { join } from "node:path";
import { expect, it } from "vitest";
import { countFindings, type Finding, type Site } from "../../src/finding.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { checkText } from "../../src/report/check-text.ts";
import type { CheckReport, CheckRow, Report } from "../../src/report/documents.ts";
import { exhibitsText } from "../../src/report/exhibits-text.ts";
import type { FinishedRow } from "../../src/report/finished-row.ts";
import { runText } from "../../src/report/run-text.ts";
import { SourceExcerpts } from "../../src/report/source-excerpts.ts";
import { Terminal } from "../../src/report/terminal.ts";
import { schemaErrors } from "../e2e/schema-validator.ts";

const FOLDER = join(PACKAGE_ROOT, "test", "golden");
const PLAIN = new Terminal({ colour: false, quiet: true });

const RACE: Finding = {
  check: "races",
  class: "intra-cta-global",
  severity: "error",
  conflict: "write-read",
  space: "global",
  buffer: "out",
  byteOffset: 128,
  bytes: 4,
  count: 64,
  first: { cta: [0, 0, 0], thread: [0, 0, 0], instruction: "st.global.b32", file: "kernel.py", line: 2, ptxLine: 88 },
  second: { cta: [0, 0, 0], thread: [32, 0, 0], instruction: "ld.global.b32", file: "kernel.py", line: 3, ptxLine: 97 },
  message: "no barrier orders the store before the load",
};

const UNWRITTEN: Finding = {
  check: "diff",
  class: "unwritten",
  severity: "error",
  space: "global",
  buffer: "out",
  byteOffset: 64,
  bytes: 448,
  count: 1,
  message: "448 of 512 bytes were never written",
};

const WARNING: Finding = { ...RACE, class: "same-value-write", severity: "warning", conflict: "write-write", count: 1 };

function row(fields: Partial<CheckRow>, cells: string[]): FinishedRow {
  const findings = fields.findings ?? [];
  const record: CheckRow = {
    op: "scale",
    variant: "triton",
    target: "sm_80",
    workload: "small",
    seconds: 0.5,
    verdict: "PASS",
    status: "ok",
    backend: "cpu-ptx",
    findings,
    counts: countFindings(findings),
    outputs: { out: { sha256: "00" } },
    figures: {},
    ...fields,
  };
  return { record, cells };
}

function report(rows: FinishedRow[]): CheckReport {
  const records = rows.map(({ record }) => record);
  const passed = records.filter(({ verdict }) => verdict === "PASS").length;
  const counts = countFindings(records.flatMap(({ findings }) => findings));
  const totals = { rows: rows.length, passed, failed: rows.length - passed, ...counts };
  return { schema: "decode-lab/check@1", rows: records, counts: totals, seconds: 1.25 };
}

const CHECK_ROWS = [
  row({}, [".0017/.0081", "0", "0", "0", "0", "0", "1.00x"]),
  row({ workload: "sliding-eps-dominated-t2", findings: [WARNING] }, [
    ".0017/.0081",
    "0 +1w",
    "0",
    "0",
    "0",
    "0",
    "1.00x",
  ]),
  row({ variant: "cuda", verdict: "FAIL", status: "failed", findings: [UNWRITTEN, RACE] }, [
    "-",
    "1",
    "0",
    "0",
    "0",
    "0",
    "1.13x",
  ]),
  row({ variant: "cuda", target: "sm_90", verdict: "FAIL", status: "unsupported", reason: "wgmma is not supported" }, [
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
    "-",
  ]),
];

const EXHIBIT = { exhibit: "no-barrier", expected: "races", expectedClass: "intra-cta-global" } as const;

const EXHIBIT_ROWS = [
  row({ ...EXHIBIT, variant: "exhibits/no-barrier/broken", status: "failed", findings: [RACE], caught: true }, []),
  row({ exhibit: "no-barrier", variant: "exhibits/no-barrier/twin", expected: null, caught: false }, []),
  row({ ...EXHIBIT, variant: "exhibits/missed/broken", exhibit: "missed", caught: false, verdict: "FAIL" }, []),
];

const RUN_REPORT: Report = {
  schema: "decode-lab/report@1",
  status: "failed",
  backend: "cpu-ptx",
  findings: [RACE],
  counts: countFindings([RACE]),
  instructions: 1234,
  laneOperations: 39488,
  wallSeconds: 0.0123,
  traffic: {
    global: {
      loadRequests: 4,
      loadSectors: 16,
      loadBytes: 512,
      storeRequests: 4,
      storeSectors: 16,
      storeBytes: 512,
      uniqueBytesRead: 512,
      uniqueBytesWritten: 512,
    },
    shared: { loadRequests: 0, loadWavefronts: 0, storeRequests: 0, storeWavefronts: 0, bankConflicts: 0 },
  },
  outputs: { out: { sha256: "ab12", file: "out.out.bin" } },
};

it("prints the table of check and the findings of failed rows", async () => {
  const text = checkText(CHECK_ROWS, report(CHECK_ROWS), PLAIN);
  await expect(text).toMatchFileSnapshot(join(FOLDER, "check.txt"));
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(schemaErrors("check", report(CHECK_ROWS))).toEqual([]);
});

it("prints which check caught each exhibit", async () => {
  const text = exhibitsText(EXHIBIT_ROWS, report(EXHIBIT_ROWS), PLAIN);
  await expect(text).toMatchFileSnapshot(join(FOLDER, "exhibits.txt"));
  expect(schemaErrors("check", report(EXHIBIT_ROWS))).toEqual([]);
});

it("prints what a verdict holds for, and in which schedules and passes a finding was seen", async () => {
  const seen = { seenInSchedules: 2, firstSeed: 5 };
  const hidden: Finding = { ...RACE, second: { ...RACE.second, file: "", line: 0, ptxLine: 2 } as Site };
  const findings: Finding[] = [
    { ...UNWRITTEN, ...seen, seenInSchedules: 1 },
    { ...RACE, ...seen, pass: "both" },
    { ...hidden, pass: "unoptimised" },
  ];
  const several = {
    schedules: { count: 8, scope: "schedules-seen" },
    passStatus: { optimised: "failed", unoptimised: "failed" },
    outputsDiffer: ["out", "total"],
  } as const;
  const sources = new SourceExcerpts([FOLDER], { optimised: "1\n2\n3", unoptimised: "one\ntwo\nthree" });
  const once: Report = { ...RUN_REPORT, findings: [], schedules: { count: 1, scope: "schedules-seen" } };
  const every: Report = { ...once, schedules: { count: 3, scope: "every-schedule" } };
  const runs: Report[] = [{ ...RUN_REPORT, ...several, outputsDiffer: ["out", "total"], findings }, once, every];
  const cells = ["-", "1", "0", "0", "0", "0", "-"];
  const rows = [row({ ...several, outputsDiffer: ["out", "total"] }, cells), row({}, cells)];
  const text = [...runs.map((run) => runText(run, sources, PLAIN)), checkText(rows, report(rows), PLAIN)].join(
    "\n---\n",
  );
  await expect(text).toMatchFileSnapshot(join(FOLDER, "schedules.txt"));
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  for (const run of runs) expect(schemaErrors("report", run)).toEqual([]);
});

it("prints the report of run with the source lines of a finding", async () => {
  const text = runText(RUN_REPORT, new SourceExcerpts([FOLDER]), PLAIN);
  await expect(text).toMatchFileSnapshot(join(FOLDER, "run.txt"));
  expect(schemaErrors("report", RUN_REPORT)).toEqual([]);
});
