import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { decode, encode, encodeEach } from "../../src/dtype.ts";
import { RandomStream } from "../../src/random.ts";
import { BENCH_FOLDER, timedRun, type Work } from "./machine.ts";
import { interleaved, type Repetitions, summarySchema } from "./measure.ts";

const GROUP = 128;
const ROWS_PER_CTA = 32;
const SAMPLED_ROWS = 512;
/** Of the sum of |scale · weight · x|: a few hundred additions in f32. */
const TOLERANCE = 1e-5;

export interface HeadSize {
  rows: number;
  columns: number;
}

/** The language-model head of a 262144-token vocabulary at hidden size 2560, one token. */
export const HEAD_SIZE: HeadSize = { rows: 262144, columns: 2560 };

export const headSchema = z.strictObject({
  rows: z.int().positive(),
  columns: z.int().positive(),
  weightBytes: z.int().positive(),
  threads: z.int().positive(),
  laneOperations: z.number().positive(),
  seconds: summarySchema,
  residentBytesBefore: z.number().positive().describe("this process with weights and inputs, before the first run"),
  peakResidentBytes: z.number().positive().describe("this process, to the end of the last run"),
  rowsCompared: z.int().positive().describe("with float64"),
  largestError: z.number().nonnegative().describe(`of the sum of magnitudes; at most ${TOLERANCE}`),
});
export type Head = z.output<typeof headSchema>;

/** The int4 GEMV of the head with all observers; wants to be the first measurement of its process, for the peak. */
export async function measureHead(repetitions: Repetitions, size: HeadSize = HEAD_SIZE): Promise<Head> {
  const head = makeHead(size);
  const residentBytesBefore = process.memoryUsage.rss();
  const threads = Math.min(2, availableParallelism());
  let laneOperations = 0;
  const run = async () => {
    head.out.fill(0xff);
    const { seconds, result } = await timedRun(head.work, threads);
    laneOperations = result.laneOperations;
    return seconds;
  };
  const summaries = await interleaved([{ name: "head", run }], repetitions);
  const peakResidentBytes = process.resourceUsage().maxRSS * 1024;
  const { rowsCompared, largestError } = compareRows(head, size);
  if (!(largestError <= TOLERANCE)) throw new Error(`int4_gemv is off by ${largestError} of the sum of magnitudes`);
  const seconds = summaries.get("head");
  if (seconds === undefined) throw new Error("int4_gemv was not run");
  return {
    ...size,
    weightBytes: head.weights.byteLength,
    threads,
    laneOperations,
    seconds,
    residentBytesBefore,
    peakResidentBytes,
    rowsCompared,
    largestError,
  };
}

interface HeadData {
  weights: Uint8Array;
  scales: Uint8Array;
  x: Uint8Array;
  out: Uint8Array;
  work: Work;
}

function makeHead({ rows, columns }: HeadSize): HeadData {
  const random = new RandomStream(1, "int4 head");
  const words = new Uint32Array((rows * columns) / 8);
  for (let i = 0; i < words.length; i++) words[i] = random.bits();
  const weights = new Uint8Array(words.buffer);
  const scales = encodeEach("bf16", (rows * columns) / GROUP, () => 0.01 * (1 + random.uniform()));
  const x = encodeEach("bf16", columns, () => random.normal());
  const out = new Uint8Array(rows * 4);
  return {
    weights,
    scales,
    x,
    out,
    work: {
      ptx: readFileSync(join(BENCH_FOLDER, "int4", "int4_gemv.sm_80.ptx"), "utf8"),
      ptxName: "int4_gemv.sm_80.ptx",
      entry: "int4_gemv",
      grid: [rows / ROWS_PER_CTA, 1, 1],
      block: [256, 1, 1],
      sharedBytes: 0,
      cooperative: false,
      params: [
        { kind: "buffer", name: "weights", bytes: weights, initialised: true },
        { kind: "buffer", name: "scales", bytes: scales, initialised: true },
        { kind: "buffer", name: "x", bytes: x, initialised: true },
        { kind: "buffer", name: "out", bytes: out, initialised: false },
        { kind: "scalar", name: "columns", bytes: encode("i32", [columns]) },
      ],
    },
  };
}

/** Evenly spaced rows, the first and the last among them, against float64. */
function compareRows({ weights, scales, x, out }: HeadData, { rows, columns }: HeadSize) {
  const given = decode("f32", out);
  const xs = decode("bf16", x);
  const allScales = decode("bf16", scales);
  const rowsCompared = Math.min(rows, SAMPLED_ROWS);
  let largestError = 0;
  for (let i = 0; i < rowsCompared; i++) {
    const row = Math.round((i * (rows - 1)) / Math.max(1, rowsCompared - 1));
    let [sum, magnitude] = [0, 0];
    for (let k = 0; k < columns; k++) {
      const byte = weights[(row * columns + k) >> 1] as number;
      const weight = (k % 2 === 0 ? byte & 15 : byte >> 4) - 8;
      const product = (allScales[Math.floor((row * columns + k) / GROUP)] as number) * weight * (xs[k] as number);
      sum += product;
      magnitude += Math.abs(product);
    }
    largestError = Math.max(largestError, Math.abs((given[row] as number) - sum) / magnitude);
  }
  return { rowsCompared, largestError };
}
