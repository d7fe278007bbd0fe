import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { backendNamed, DEFAULT_BACKEND } from "../backends/index.ts";
import { sizedFile } from "../buffer-init.ts";
import { type ExpectedValues, judgeExpectation } from "../checks/diff/expectation.ts";
import { statusOf } from "../checks/judge-trial.ts";
import { elementCount } from "../definition.ts";
import { DTYPES } from "../dtype.ts";
import { DecodeLabError, EXIT, type ExitCode, withPosition } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { type Launch, launchSchema } from "../launch.ts";
import { LaunchFolder } from "../launch-folder.ts";
import { bindParameters, chosenEntry } from "../launch-parameters.ts";
import type { NativeLaunch, NativeProgress, NativeResult } from "../native/addon.ts";
import { writeOutputFile } from "../output-file.ts";
import { readRecord } from "../record-file.ts";
import type { Report } from "../report/documents.ts";
import { reportFields } from "../report/report-fields.ts";

export interface RunOptions {
  backend?: string;
  /** Worker threads; default one per core. The bytes of the report do not depend on it. */
  threads?: number;
  /** Folder for `<name>.out.bin` of each buffer that the kernel wrote. */
  out?: string | undefined;
  onProgress?: (progress: NativeProgress) => void;
}

export interface RunOutcome {
  report: Report;
  exitCode: ExitCode;
  ptx: string;
  folder: string;
}

/** Runs any PTX file on any buffers, as a launch file says. */
export async function run(launchFile: string, options: RunOptions = {}): Promise<RunOutcome> {
  const backend = backendNamed(options.backend ?? DEFAULT_BACKEND);
  try {
    const folder = await LaunchFolder.of(launchFile);
    const launch = await readRecord(launchFile, launchSchema);
    const nativeLaunch = await prepare(backend, launch, folder, options);
    const expected = await expectationsOf(launch, folder);
    const result = await backend.execute(nativeLaunch, options.onProgress);
    const findings = [...judgeExpectations(expected, nativeLaunch, result), ...result.findings];
    const status = statusOf(result.status, findings);
    const outputs = outputsOf(expected, nativeLaunch, result);
    const fields = reportFields({ ...result, outputs }, { status, findings });
    const report: Report = { schema: "decode-lab/report@1", backend: backend.name, ...fields };
    if (options.out !== undefined) await writeOutputs(report, outputs, options.out);
    const exitCode = status === "ok" ? EXIT.ok : EXIT.gateFailed;
    return { report, exitCode, ptx: nativeLaunch.ptx, folder: folder.path };
  } catch (error) {
    throw error instanceof DecodeLabError ? withPosition(error, { file: launchFile, line: 0 }) : error;
  }
}

async function prepare(
  backend: Backend,
  launch: Launch,
  folder: LaunchFolder,
  options: RunOptions,
): Promise<NativeLaunch> {
  refuseUnsupported(launch);
  const ptx = new TextDecoder().decode(await folder.read(launch.ptx));
  const entry = chosenEntry(backend.describe(ptx, launch.ptx), launch);
  return {
    ptx,
    ptxName: launch.ptx,
    entry: entry.name,
    grid: launch.grid,
    block: launch.block,
    sharedBytes: launch.sharedBytes,
    params: await bindParameters(entry, launch, folder),
    limits: launch.limits,
    seed: launch.seed,
    threads: options.threads ?? availableParallelism(),
  };
}

const LANES = 32;

function refuseUnsupported({ cooperative, grid, block, limits }: Launch): void {
  if (cooperative) {
    throw new DecodeLabError("BACKEND_MISSING", "no backend of this version runs cooperative launches");
  }
  const ctas = grid[0] * grid[1] * grid[2];
  const least = ctas * Math.ceil((block[0] * block[1] * block[2]) / LANES);
  if (least <= limits.instructions) return;
  throw new DecodeLabError(
    "LAUNCH_INVALID",
    `a grid of ${ctas} CTAs takes at least ${least} warp instructions, limits.instructions is ${limits.instructions}`,
  );
}

/** What the launch expects of its buffers, read before the run so that a wrong file costs nothing. */
async function expectationsOf(launch: Launch, folder: LaunchFolder): Promise<ExpectedValues[]> {
  const expected: ExpectedValues[] = [];
  for (const param of launch.params) {
    if (param.kind !== "buffer" || param.expect === undefined) continue;
    const { name, dtype } = param;
    const { file, atol, rtol } = param.expect;
    const bytes = await sizedFile(name, file, elementCount(param.shape) * DTYPES[dtype].bytes, folder);
    expected.push({ name, dtype, bytes, atol, rtol });
  }
  return expected;
}

/** Nothing is expected of a run that ended early. */
function judgeExpectations(expected: ExpectedValues[], nativeLaunch: NativeLaunch, result: NativeResult): Finding[] {
  if (result.status !== "ok" && result.status !== "failed") return [];
  return expected.flatMap((values) => {
    const param = nativeLaunch.params.find(({ name }) => name === values.name);
    return param?.kind === "buffer" ? judgeExpectation(param.bytes, values) : [];
  });
}

/** The buffers that the kernel wrote, and those of which something was expected. */
function outputsOf(
  expected: ExpectedValues[],
  nativeLaunch: NativeLaunch,
  result: NativeResult,
): Record<string, Uint8Array> {
  const buffers = nativeLaunch.params.filter((param) => param.kind === "buffer");
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
