import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { geometricMean, rootMeanSquare } from "simple-statistics";
import { z } from "zod";
import { DTYPES, decode, encode, encodeEach } from "../../src/dtype.ts";
import { loadAddon, type NativeParameter } from "../../src/native/addon.ts";
import { RandomStream } from "../../src/random.ts";
import { refusalOf, timedRun, type Work } from "./machine.ts";
import { interleaved, type Repetitions, ratio, ratioSchema, type Summary, summarySchema } from "./measure.ts";
import { type Argument, SIDE_KERNELS, type SideKernel } from "./side-kernels.ts";
import { type CompiledKernel, compileKernels, hasTriton, InterpreterProcess, versionsSchema } from "./triton.ts";

const nameSchema = z.strictObject({ name: z.string(), usesDot: z.boolean() });
const measuredSchema = nameSchema.extend({
  interpreterSeconds: summarySchema,
  oneThreadSeconds: summarySchema,
  twoThreadSeconds: summarySchema,
  laneOperations: z.number().positive(),
  oneThread: ratioSchema.describe("interpreter's seconds to the machine's"),
  twoThreads: ratioSchema,
  valuesCompared: z.int().positive(),
  largestDifference: z.number().nonnegative().describe("between the two, in units of the tolerance; at most 1"),
});
export const sideKernelSchema = z.union([measuredSchema, nameSchema.extend({ refused: z.string() })]);

const meansSchema = z.strictObject({ oneThread: z.number(), twoThreads: z.number(), kernels: z.int().positive() });
export const sideBySideSchema = z.union([
  z.strictObject({ missing: z.string() }),
  z.strictObject({
    versions: versionsSchema,
    kernels: z.array(sideKernelSchema).min(1),
    geometricMeans: z.strictObject({ withoutDot: meansSchema.nullable(), withDot: meansSchema.nullable() }),
  }),
]);
export type SideBySide = z.output<typeof sideBySideSchema>;
type Row = z.output<typeof sideKernelSchema>;
type Measured = z.output<typeof measuredSchema>;

/** Every kernel in Triton's interpreter and in the machine with all observers; their outputs must agree. */
export async function measureSideBySide(
  python: string,
  repetitions: Repetitions,
  onKernel: (name: string) => void = () => {},
): Promise<SideBySide> {
  if (!hasTriton(python)) return { missing: "no Python with torch and Triton; `npm run setup:python` makes one" };
  const compiled = compileKernels(python, SIDE_KERNELS);
  const interpreter = new InterpreterProcess(python);
  const folder = mkdtempSync(join(tmpdir(), "decode-lab-bench-"));
  try {
    const versions = await interpreter.versions;
    const kernels: Row[] = [];
    for (const [i, kernel] of SIDE_KERNELS.entries()) {
      onKernel(kernel.name);
      kernels.push(await measureKernel(kernel, compiled[i] as CompiledKernel, interpreter, folder, repetitions));
    }
    return { versions, kernels, geometricMeans: { withoutDot: means(kernels, false), withDot: means(kernels, true) } };
  } finally {
    interpreter.close();
    rmSync(folder, { recursive: true });
  }
}

async function measureKernel(
  kernel: SideKernel,
  compiled: CompiledKernel,
  interpreter: InterpreterProcess,
  folder: string,
  repetitions: Repetitions,
): Promise<Row> {
  const { name, usesDot } = kernel;
  const work = workOf(kernel, compiled);
  const files = writeInputs(work, folder);
  const refused = await refusalOf(work);
  if (refused !== undefined) return { name, usesDot, refused };
  await interpreter.load(kernel, files);
  let laneOperations = 0;
  const machine = async (threads: number) => {
    for (const param of work.params) if (param.kind === "buffer" && !param.initialised) param.bytes.fill(0xff);
    const { seconds, result } = await timedRun(work, threads);
    laneOperations = result.laneOperations;
    return seconds;
  };
  const seconds = await interleaved(
    [
      { name: "interpreter", run: () => interpreter.run(name) },
      { name: "one", run: () => machine(1) },
      { name: "two", run: () => machine(2) },
    ],
    repetitions,
  );
  await interpreter.store(name);
  const [interpreterSeconds, oneThreadSeconds, twoThreadSeconds] = ["interpreter", "one", "two"].map((side) =>
    seconds.get(side),
  ) as [Summary, Summary, Summary];
  return {
    name,
    usesDot,
    interpreterSeconds,
    oneThreadSeconds,
    twoThreadSeconds,
    laneOperations,
    oneThread: ratio(interpreterSeconds, oneThreadSeconds),
    twoThreads: ratio(interpreterSeconds, twoThreadSeconds),
    ...compareOutputs(kernel, work, files),
  };
}

function workOf(kernel: SideKernel, { ptx, sharedBytes }: CompiledKernel): Work {
  const entry = loadAddon().describe(ptx).entries[0];
  if (entry === undefined) throw new Error(`the PTX of ${kernel.name} has no entry`);
  const given = kernel.arguments.flatMap((argument) => parameterOf(argument));
  const scratch = entry.parameters.slice(given.length).map(({ name }): NativeParameter => ({ kind: "null", name }));
  return {
    ptx,
    ptxName: `${kernel.function}.ptx`,
    entry: entry.name,
    grid: kernel.grid,
    block: [32 * kernel.options.num_warps, 1, 1],
    sharedBytes,
    cooperative: false,
    params: [...given, ...scratch],
  };
}

function parameterOf(argument: Argument): NativeParameter[] {
  const { name, kind } = argument;
  if (kind === "constexpr") return [];
  if (kind === "scalar") return [{ kind, name, bytes: encode(argument.dtype, [argument.value]) }];
  const { dtype, count, fill } = argument;
  if (fill === "poison") {
    return [{ kind, name, bytes: new Uint8Array(count * DTYPES[dtype].bytes).fill(0xff), initialised: false }];
  }
  const random = new RandomStream(1, name);
  const valueAt = {
    normal: () => random.normal(),
    cosines: (i: number) => Math.cos(i),
  };
  const bytes = encodeEach(dtype, count, typeof fill === "string" ? valueAt[fill] : (i) => fill[i] as number);
  return [{ kind, name, bytes, initialised: true }];
}

function writeInputs(work: Work, folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const param of work.params) {
    if (param.kind !== "buffer") continue;
    const file = join(folder, `${param.name}.bin`);
    writeFileSync(file, param.bytes);
    files[param.name] = file;
  }
  return files;
}

/** Four units in the last place of bf16 and f16 or 64 of f32, of the value or of the output's root mean square. */
const TOLERANCE = { bf16: 2 ** -6, f16: 2 ** -9, f32: 2 ** -17 } as const;

function compareOutputs(kernel: SideKernel, work: Work, files: Record<string, string>) {
  let [valuesCompared, largestDifference] = [0, 0];
  for (const argument of kernel.arguments) {
    if (argument.kind !== "buffer" || argument.output !== true || argument.dtype === "i64") continue;
    const { name, dtype } = argument;
    const param = work.params.find((candidate) => candidate.name === name);
    if (param?.kind !== "buffer") throw new Error(`${kernel.name} has no buffer ${name}`);
    const ours = decode(dtype, param.bytes);
    const theirs = decode(dtype, readFileSync(files[name] as string));
    const usual = rootMeanSquare([...theirs]);
    for (const [i, value] of theirs.entries()) {
      const difference = Math.abs((ours[i] as number) - value) / (TOLERANCE[dtype] * Math.max(Math.abs(value), usual));
      largestDifference = Math.max(largestDifference, difference);
    }
    valuesCompared += theirs.length;
  }
  if (!(largestDifference <= 1)) throw new Error(`${kernel.name}: the two differ by ${largestDifference} tolerances`);
  return { valuesCompared, largestDifference };
}

function means(rows: readonly Row[], usesDot: boolean) {
  const measured = rows.filter((row): row is Measured => "oneThread" in row && row.usesDot === usesDot);
  if (measured.length === 0) return null;
  return {
    oneThread: geometricMean(measured.map(({ oneThread }) => oneThread.value)),
    twoThreads: geometricMean(measured.map(({ twoThreads }) => twoThreads.value)),
    kernels: measured.length,
  };
}
