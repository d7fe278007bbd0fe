import { beforeAll, describe, expect, it } from "vitest";
import * as module from "../../kernels/decode_kernels/flash_decode/reference.ts";
import { type Artifact, loadArtifact } from "../../src/artifact.ts";
import { cpuPtx } from "../../src/backends/cpu-ptx.ts";
import { observe } from "../../src/backends/observe.ts";
import { artifactFiles, type Kernel, loadKernel, variantSubjects } from "../../src/catalogue.ts";
import type { Axes } from "../../src/definition.ts";
import { DTYPES, type Dtype, encode } from "../../src/dtype.ts";
import { makeInputs, type WorkloadInputs } from "../../src/inputs.ts";
import type { Workload } from "../../src/workload.ts";

/** Longest verify step; its rows are those of steps of 1 to 8 tokens. */
const Q_LEN = 8;

/** The last positions straddle a split's edge and a tile's; with the window, so do the first keys that they see. */
const SEQUENCES = [
  { name: "all keys", kvLen: 132, window: 0, splitSize: 64 },
  { name: "a window", kvLen: 148, window: 80, splitSize: 64 },
  { name: "a sequence shorter than the step", kvLen: 5, window: 0, splitSize: 64 },
  { name: "more splits than merge takes at once", kvLen: 1068, window: 520, splitSize: 32 },
];

const HEADS = [
  { head_dim: 128, num_qo_heads: 8, num_kv_heads: 2, scale: 0.088 },
  { head_dim: 256, num_qo_heads: 8, num_kv_heads: 2, scale: 1 },
  { head_dim: 512, num_qo_heads: 4, num_kv_heads: 1, scale: 1 },
];

const CASES = HEADS.flatMap((heads) => SEQUENCES.map((sequence) => ({ ...heads, ...sequence })));
type Case = (typeof CASES)[number];

/** out and lse of one row, as hexadecimal bits. */
type Row = string;

let kernel: Kernel;
beforeAll(async () => {
  kernel = await loadKernel("flash_decode");
});

describe.each(["sm_80", "sm_90"])("a row of flash_decode for %s", (target) => {
  it.each(CASES)("has the same bits in every step and batch, head_dim $head_dim, $name", async (shape) => {
    const whole = wholeStep(shape);
    const rows = await rowsOf(whole, target);
    for (let count = 1; count < Q_LEN; count++) {
      const last = await rowsOf(lastTokens(whole, count), target);
      expect(last).toEqual(rows.slice(-count * shape.num_qo_heads));
    }
    for (let token = Math.max(Q_LEN - shape.kvLen, 0); token < Q_LEN; token++) {
      const alone = await rowsOf(tokenAlone(whole, token), target);
      expect(alone).toEqual(rows.slice(token * shape.num_qo_heads, (token + 1) * shape.num_qo_heads));
    }
    const batch = await rowsOf(inBatch(whole), target);
    expect(batch.slice(rows.length, 2 * rows.length)).toEqual(rows);
  });

  it("has other bits where splits have another size", async () => {
    const whole = wholeStep(CASES[0] as Case);
    const coarse = { ...whole, axes: { ...whole.axes, split_size: 128, num_splits: 2 } };
    expect(await rowsOf(coarse, target)).not.toEqual(await rowsOf(whole, target));
  });
});

/** A step of 8 tokens of one sequence. */
function wholeStep({ kvLen, splitSize, scale, name, ...shape }: Case): WorkloadInputs {
  const pages = Math.ceil(kvLen / 16);
  const axes = { batch_size: 1, q_len: Q_LEN, page_size: 16, num_pages: pages + 2, max_pages: pages, cache_layout: 1 };
  const constant = { shared_pages: 0, split_size: splitSize, has_softcap: 0 };
  const workload = {
    id: "rows",
    axes: withLengths({ ...axes, ...constant, ...shape }, kvLen),
    seed: kvLen,
    recipe: "normal",
    scale: { kind: "list", values: [scale] },
  };
  return makeInputs(kernel.definition, module, workload as unknown as Workload);
}

/** Axes that follow from the longest sequence and the number of query tokens. */
function withLengths(axes: Axes, longest: number): Axes {
  const { window, q_len, split_size, num_qo_heads, num_kv_heads } = axes as Record<string, number> & typeof axes;
  const visible = window === 0 ? longest : Math.min(longest, (window as number) + (q_len as number) - 1);
  const edge = window === 0 ? 0 : (split_size as number) - 1;
  return {
    ...axes,
    min_kv_len: 0,
    max_kv_len: longest,
    max_visible_keys: visible,
    num_splits: Math.ceil((visible + edge) / (split_size as number)),
    block_rows: ((q_len as number) * (num_qo_heads as number)) / (num_kv_heads as number) > 16 ? 32 : 16,
  };
}

/** The same sequence with its last query tokens alone. */
function lastTokens(whole: WorkloadInputs, count: number): WorkloadInputs {
  const kvLen = whole.values.kv_lens?.[0] as number;
  const rowLength = rowElements(whole);
  const axes = withLengths({ ...whole.axes, q_len: count }, kvLen);
  return changed(whole, axes, { q: whole.values.q?.slice(-count * rowLength) as Float64Array });
}

/** The sequence as it was when the token was its last. */
function tokenAlone(whole: WorkloadInputs, token: number): WorkloadInputs {
  const kvLen = (whole.values.kv_lens?.[0] as number) - Q_LEN + token + 1;
  const rowLength = rowElements(whole);
  const axes = withLengths({ ...whole.axes, q_len: 1 }, kvLen);
  const q = whole.values.q?.slice(token * rowLength, (token + 1) * rowLength) as Float64Array;
  return changed(whole, axes, { q, kv_lens: Float64Array.of(kvLen) });
}

/** The sequence between a shorter one and an empty one, which read its pages. */
function inBatch(whole: WorkloadInputs): WorkloadInputs {
  const { q, kv_lens, block_table } = whole.values as Record<"q" | "kv_lens" | "block_table", Float64Array>;
  const kvLen = kv_lens[0] as number;
  const axes = withLengths({ ...whole.axes, batch_size: 3 }, kvLen);
  const shorter = whole.axes.window === 0 ? Math.floor(kvLen / 2) : kvLen;
  return changed(whole, axes, {
    q: Float64Array.from([...q.map((value) => -value), ...q, ...q]),
    kv_lens: Float64Array.of(shorter, kvLen, 0),
    block_table: Float64Array.from([...block_table, ...block_table, ...block_table]),
  });
}

function rowElements({ axes }: WorkloadInputs): number {
  return (axes.num_qo_heads as number) * (axes.head_dim as number);
}

function changed(whole: WorkloadInputs, axes: Axes, values: Record<string, Float64Array>): WorkloadInputs {
  const dtypes: Record<string, Dtype> = { q: "bf16", kv_lens: "i32", block_table: "i32" };
  const tensors = new Map(whole.tensors);
  for (const [name, tensor] of Object.entries(values)) {
    tensors.set(name, { bytes: encode(dtypes[name] as Dtype, tensor) });
  }
  return { ...whole, axes, tensors, values: { ...whole.values, ...values } };
}

/** Runs the artifacts and takes the outputs row by row. */
async function rowsOf(inputs: WorkloadInputs, target: string): Promise<Row[]> {
  const workload = { id: "rows", axes: inputs.axes } as Workload;
  const files = variantSubjects(kernel).flatMap((subject) => artifactFiles(subject, target, workload));
  expect(files).toHaveLength(2);
  const artifacts: Artifact[] = await Promise.all(files.map(loadArtifact));
  const code = { definition: kernel.definition, artifacts };
  const { status, findings, outputs } = await observe(cpuPtx, code, workload, inputs, new Map(), 0);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(status).toBe("ok");
  const { out = new Uint8Array(), lse = new Uint8Array() } = outputs;
  const rowBytes = (inputs.axes.head_dim as number) * DTYPES.bf16.bytes;
  return Array.from({ length: out.length / rowBytes }, (_, row) => {
    const bytes = [out.subarray(row * rowBytes, (row + 1) * rowBytes), lse.subarray(row * 4, (row + 1) * 4)];
    return bytes.map((part) => Buffer.from(part).toString("hex")).join(" ");
  });
}
