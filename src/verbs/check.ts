import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { backendNamed, DEFAULT_BACKEND } from "../backends/index.ts";
import { DecodeLabError, EXIT, type ExitCode } from "../errors.ts";
import { CHECK_NAMES } from "../finding.ts";
import type { CheckReport, CheckRow } from "../report/documents.ts";
import type { FinishedRow } from "../report/finished-row.ts";
import { staleArtifacts } from "../rows/freshness.ts";
import { type PlannedRow, planRows } from "../rows/plan.ts";
import { runByWorkload } from "../rows/run-order.ts";
import { RowRunner } from "../rows/run-row.ts";
import { withUnoptimisedCode } from "../rows/unoptimised.ts";
import { compile } from "./compile.ts";

export interface CheckOptions {
  /** `OP` or `OP/VARIANT`, with exhibits `OP/EXHIBIT`; default everything. */
  selectors?: readonly string[];
  backend?: string;
  target?: string | undefined;
  workload?: string | undefined;
  quick?: boolean;
  /** With the workloads at full size. */
  full?: boolean;
  exhibits?: boolean;
  /** Seeds to run each row under, from 0; default 1. */
  schedules?: number;
  /** A second pass over code that nvcc made without optimisation, for the rows in CUDA. */
  unoptimised?: boolean;
  onProgress?: (finished: number, total: number) => void;
}

export interface CheckOutcome {
  report: CheckReport;
  rows: FinishedRow[];
  exitCode: ExitCode;
}

/** Every variant on every workload: compile what is stale, run, judge. */
export async function check(options: CheckOptions = {}): Promise<CheckOutcome> {
  const started = performance.now();
  const backend = backendNamed(options.backend ?? DEFAULT_BACKEND);
  const plan = await planRows({
    selectors: options.selectors ?? [],
    target: options.target,
    workload: options.workload,
    quick: options.quick ?? false,
    full: options.full ?? false,
    exhibits: options.exhibits ?? false,
  });
  await refresh(plan);
  const runner = new RowRunner(backend, options.schedules ?? 1);
  const runRows = (planned: readonly PlannedRow[]) => {
    let finished = 0;
    const run = async (row: PlannedRow) => {
      const result = await runner.run(row);
      finished += 1;
      options.onProgress?.(finished, planned.length);
      return result;
    };
    return runByWorkload(planned, run, (row) => runner.drop(row));
  };
  const rows = await (options.unoptimised
    ? inScratchFolder(async (folder) => runRows(await withUnoptimisedCode(plan, folder)))
    : runRows(plan));
  const records = rows.map((row) => row.record);
  const seconds = (performance.now() - started) / 1000;
  const report: CheckReport = { schema: "decode-lab/check@1", rows: records, counts: countRows(records), seconds };
  return { report, rows, exitCode: exitCodeOf(records) };
}

async function inScratchFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "decode-lab-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Compiles stale artifacts again; ARTIFACT_STALE where the compilers are missing. */
async function refresh(plan: readonly PlannedRow[]): Promise<void> {
  const stale = await staleArtifacts(plan);
  const [first] = stale;
  if (first === undefined) return;
  const selectors = new Set(stale.map(({ row }) => `${row.subject.kernel.definition.name}/${row.subject.name}`));
  try {
    for (const selector of selectors) await compile({ selectors: [selector] });
  } catch (error) {
    if (!(error instanceof DecodeLabError) || error.code !== "COMPILER_MISSING") throw error;
    throw new DecodeLabError("ARTIFACT_STALE", `${first.reason}, and it cannot be compiled here: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

function countRows(rows: readonly CheckRow[]): CheckReport["counts"] {
  const passed = rows.filter((row) => row.verdict === "PASS").length;
  const perCheck = Object.fromEntries(
    CHECK_NAMES.map((name) => [name, rows.reduce((sum, row) => sum + row.counts[name], 0)]),
  ) as CheckRow["counts"];
  return { rows: rows.length, passed, failed: rows.length - passed, ...perCheck };
}

/** A failed gate outweighs what this machine cannot run. */
function exitCodeOf(rows: readonly CheckRow[]): ExitCode {
  const failed = rows.filter((row) => row.verdict === "FAIL");
  if (failed.length === 0) return EXIT.ok;
  return failed.every((row) => row.status === "unsupported") ? EXIT.environment : EXIT.gateFailed;
}
