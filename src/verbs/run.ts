import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { backendNamed, DEFAULT_BACKEND } from "../backends/index.ts";
import { executeSchedules } from "../backends/schedules.ts";
import { sha256 } from "../canonical.ts";
import { type ExpectedValues, judgeExpectation } from "../checks/diff/expectation.ts";
import { statusOf } from "../checks/judge-trial.ts";
import { mergeVerdicts, type ScheduleVerdict } from "../checks/merge-verdicts.ts";
import { DecodeLabError, EXIT, type ExitCode, withPosition } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { launchSchema } from "../launch.ts";
import { LaunchFolder } from "../launch-folder.ts";
import type { NativeLaunch, NativeProgress, NativeResult } from "../native/addon.ts";
import { writeOutputFile } from "../output-file.ts";
import { readRecord } from "../record-file.ts";
import type { Report } from "../report/documents.ts";
import { reportFields } from "../report/report-fields.ts";
import type { PtxTexts } from "../report/source-excerpts.ts";
import { expectationsOf, prepareLaunch } from "./prepare-launch.ts";

export interface RunOptions {
  backend?: string;
  /** Worker threads; default one per core. The bytes of the report do not depend on it. */
  threads?: number;
  /** Seeds to run: the launch's and those after it; default 1. */
  schedules?: number;
  /** Folder for `<name>.out.bin` of each buffer that the kernel wrote. */
  out?: string | undefined;
  onProgress?: (progress: RunProgress) => void;
}

/** Progress of one of several runs, counted from 1. */
export interface RunProgress extends NativeProgress {
  run: number;
  runs: number;
}

export interface RunOutcome {
  report: Report;
  exitCode: ExitCode;
  ptx: PtxTexts;
  folder: string;
}

/** Runs any PTX file on any buffers, as a launch file says. */
export async function run(launchFile: string, options: RunOptions = {}): Promise<RunOutcome> {
  try {
    return await runOn(backendNamed(options.backend ?? DEFAULT_BACKEND), launchFile, options);
  } catch (error) {
    throw error instanceof DecodeLabError ? withPosition(error, { file: launchFile, line: 0 }) : error;
  }
}

/** As `run`, on any backend. */
export async function runOn(backend: Backend, launchFile: string, options: RunOptions): Promise<RunOutcome> {
  const folder = await LaunchFolder.of(launchFile);
  const launch = await readRecord(launchFile, launchSchema);
  const threads = options.threads ?? availableParallelism();
  const prepare = (ptx: string) => prepareLaunch(backend, launch, ptx, folder, threads);
  const optimised = await prepare(launch.ptx);
  const unoptimised = launch.unoptimised === undefined ? undefined : await prepare(launch.unoptimised);
  const expected = await expectationsOf(launch, folder);

  const schedules = options.schedules ?? 1;
  const runs = unoptimised === undefined ? schedules : 2 * schedules;
  const onProgress = (progress: NativeProgress, index: number) =>
    options.onProgress?.({ ...progress, run: index + 1, runs });
  const judged = await runPass(backend, optimised, expected, schedules, onProgress);
  // Values are those of the optimised code: the other may round differently.
  const second =
    unoptimised && (await runPass(backend, unoptimised, [], schedules, (p, i) => onProgress(p, schedules + i)));

  const merged = mergeVerdicts(judged.verdicts, second?.verdicts);
  const fields = reportFields({ ...judged.result, outputs: judged.outputs }, merged);
  const report: Report = { schema: "decode-lab/report@1", backend: backend.name, ...fields };
  if (options.out !== undefined) await writeOutputs(report, judged.outputs, options.out);
  const exitCode = merged.status === "ok" ? EXIT.ok : EXIT.gateFailed;
  const ptx = { optimised: optimised.ptx, ...(unoptimised && { unoptimised: unoptimised.ptx }) };
  return { report, exitCode, ptx, folder: folder.path };
}

interface JudgedPass {
  verdicts: ScheduleVerdict[];
  /** Of the first schedule. */
  result: NativeResult;
  outputs: Record<string, Uint8Array>;
}

async function runPass(
  backend: Backend,
  nativeLaunch: NativeLaunch,
  expected: ExpectedValues[],
  schedules: number,
  onProgress: (progress: NativeProgress, index: number) => void,
): Promise<JudgedPass> {
  const verdicts: ScheduleVerdict[] = [];
  let first: Pick<JudgedPass, "result" | "outputs"> | undefined;
  for await (const { launch, result } of executeSchedules(backend, nativeLaunch, schedules, onProgress)) {
    const outputs = outputsOf(expected, launch, result);
    first ??= { result, outputs };
    const findings = [...judgeExpectations(expected, launch, result), ...result.findings];
    const hashes = Object.entries(outputs).map(([name, bytes]) => [name, sha256(bytes)]);
    const { reason, ordered } = result;
    const status = statusOf(result.status, findings);
    verdicts.push({ seed: launch.seed, status, reason, findings, ordered, outputs: Object.fromEntries(hashes) });
  }
  if (first === undefined) throw new Error("a launch needs a schedule");
  return { verdicts, ...first };
}

/** Nothing is expected of a run that ended early. */
function judgeExpectations(expected: ExpectedValues[], launch: NativeLaunch, result: NativeResult): Finding[] {
  if (result.status !== "ok" && result.status !== "failed") return [];
  return expected.flatMap((values) => {
    const param = launch.params.find(({ name }) => name === values.name);
    return param?.kind === "buffer" ? judgeExpectation(param.bytes, values) : [];
  });
}

/** The buffers that the kernel wrote, and those of which something was expected. */
function outputsOf(expected: ExpectedValues[], launch: NativeLaunch, result: NativeResult): Record<string, Uint8Array> {
  const buffers = launch.params.filter((param) => param.kind === "buffer");
  const kept = buffers.filter(
    ({ name }, i) => expected.some((values) => values.name === name) || (result.buffers[i]?.bytesWritten ?? 0) > 0,
  );
  return Object.fromEntries(kept.map(({ name, bytes }) => [name, bytes]));
}

async function writeOutputs(report: Report, outputs: Record<string, Uint8Array>, out: string): Promise<void> {
  for (const [name, bytes] of Object.entries(outputs)) {
    const file = `${name}.out.bin`;
    await writeOutputFile(join(out, file), bytes);
    const entry = report.outputs[name];
    if (entry !== undefined) entry.file = file;
  }
}
