import { beforeAll, describe, expect, it } from "vitest";
import { loadArtifact } from "../../src/artifact.ts";
import { cpuPtx } from "../../src/backends/cpu-ptx.ts";
import { observe } from "../../src/backends/observe.ts";
import {
  artifactFiles,
  type Kernel,
  loadKernel,
  type Subject,
  variantSubjects,
  workloadNamed,
} from "../../src/catalogue.ts";
import { decode, encode } from "../../src/dtype.ts";
import { makeInputs } from "../../src/inputs.ts";
import { loadReferenceModule, type ReferenceModule } from "../../src/reference-module.ts";
import type { Workload } from "../../src/workload.ts";

const MOST_TOKENS = 16;

let kernel: Kernel;
let module: ReferenceModule;
let cuda: Subject;

beforeAll(async () => {
  kernel = await loadKernel("lm_head_int4");
  module = await loadReferenceModule(kernel.folder);
  cuda = variantSubjects(kernel).find(({ name }) => name === "cuda") as Subject;
});

const EPILOGUES = [
  { epilogue: 0, k: 1, outputs: ["logits"] },
  { epilogue: 1, k: 1, outputs: ["tokens", "values"] },
  { epilogue: 2, k: 64, outputs: ["tokens", "values"] },
];
const SCALES = [
  { group_size: 32, per_channel: 0, num_groups: 8, dtype: "bfloat16", target: "sm_80" },
  { group_size: 128, per_channel: 0, num_groups: 2, dtype: "float16", target: "sm_90" },
  { group_size: 256, per_channel: 1, num_groups: 1, dtype: "bfloat16", target: "sm_90" },
];
const CASES = EPILOGUES.flatMap((epilogue) => SCALES.map((scales) => ({ ...epilogue, ...scales })));
type Case = (typeof CASES)[number];

/** Nine tiles, the last part padding; the first rows of hidden are the same for every number of tokens. */
function workloadOf(chosen: Case, num_tokens: number, num_ctas: number, softcap: number): Workload {
  const { epilogue, k, group_size, per_channel, num_groups, dtype } = chosen;
  const sizes = {
    num_tokens,
    num_ctas,
    hidden_size: 256,
    num_columns: 576,
    vocab_size: 568,
    round_logits: softcap === 0 ? 0 : 1,
    has_row_map: 0,
  };
  return Object.assign(
    { ...workloadNamed(kernel.definition, "topk-normal") },
    {
      axes: { ...sizes, epilogue, k, group_size, per_channel, num_groups },
      dtypes: { activation: dtype },
      softcap: { kind: "list", values: [softcap] },
    },
  );
}

/** Bytes of the outputs, row by row; `spoil` changes hidden values before the launch. */
async function rowsOf(
  chosen: Case,
  numTokens: number,
  numCtas: number,
  spoil?: (hidden: Float64Array) => void,
  softcap = 0,
): Promise<string[]> {
  const workload = workloadOf(chosen, numTokens, numCtas, softcap);
  const inputs = makeInputs(kernel.definition, module, workload);
  if (spoil !== undefined) {
    const dtype = chosen.dtype === "float16" ? "f16" : "bf16";
    const hidden = inputs.tensors.get("hidden") as { bytes: Uint8Array };
    const values = decode(dtype, hidden.bytes);
    spoil(values);
    hidden.bytes = encode(dtype, values);
  }
  const files = artifactFiles(cuda, chosen.target, workload);
  const artifacts = await Promise.all(files.map((file) => loadArtifact(file)));
  const code = { definition: kernel.definition, artifacts };
  const observation = await observe(cpuPtx, code, workload, inputs, new Map(), numCtas);
  expect(observation.status).toBe("ok");
  return Array.from({ length: numTokens }, (_, row) =>
    chosen.outputs
      .map((name) => {
        const bytes = observation.outputs[name] as Uint8Array;
        const length = bytes.length / numTokens;
        return Buffer.from(bytes.subarray(row * length, (row + 1) * length)).toString("hex");
      })
      .join(" "),
  );
}

describe.each(CASES)("epilogue $epilogue, $group_size k to a scale, $dtype on $target", (chosen) => {
  let expected: string[];

  beforeAll(async () => {
    expected = await rowsOf(chosen, MOST_TOKENS, 3);
  });

  it("gives different rows different answers", () => {
    expect(new Set(expected).size).toBe(MOST_TOKENS);
  });

  it.each(Array.from({ length: MOST_TOKENS }, (_, i) => i + 1))("has the same bits with %i tokens", async (tokens) => {
    expect(await rowsOf(chosen, tokens, 1 + (tokens % 5))).toEqual(expected.slice(0, tokens));
  });

  it.each([1, 2, 9, 40])("has the same bits with %i CTAs", async (ctas) => {
    expect(await rowsOf(chosen, MOST_TOKENS, ctas)).toEqual(expected);
  });

  it("keeps a row of NaN to itself", async () => {
    const rows = await rowsOf(chosen, MOST_TOKENS, 3, (hidden) => hidden.fill(Number.NaN, 5 * 256, 6 * 256));
    expect(rows.toSpliced(5, 1)).toEqual(expected.toSpliced(5, 1));
    if (chosen.epilogue === 0) return;
    const [tokens, values] = (rows[5] as string).split(" ").map((hex) => Buffer.from(hex, "hex"));
    expect([...decode("i32", tokens as Buffer)]).toEqual(Array.from({ length: chosen.k }, (_, i) => i));
    expect([...decode("f32", values as Buffer)].every(Number.isNaN)).toBe(true);
  });

  it("takes -0 and +0 for equal", async () => {
    if (chosen.epilogue === 0) return;
    const zeros = await rowsOf(chosen, 2, 3, (hidden) => hidden.fill(0, 0, 256).fill(-0, 256));
    // Quotients below half of the least float16 round to a zero of their sign.
    const tiny = (hidden: Float64Array) => hidden.set(hidden.map((value) => value * 2 ** -16));
    const quotients = chosen.dtype === "float16" ? await rowsOf(chosen, 2, 3, tiny, 60000) : [];
    for (const row of [...zeros, ...quotients]) {
      const [tokens, values] = row.split(" ").map((hex) => Buffer.from(hex, "hex"));
      expect([...decode("i32", tokens as Buffer)]).toEqual(Array.from({ length: chosen.k }, (_, i) => i));
      expect([...decode("f32", values as Buffer)].every((value) => Object.is(value, 0))).toBe(true);
    }
  });
});
