import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A stage of a kernel in PTX: `body` runs with %r1 the thread, %rd1… the addresses of element %r1 of each parameter. */
export interface ToyStage {
  name: string;
  parameters: string[];
  body: string;
}

const N = 64;

const TENSORS = { shape: ["n"], dtype: "value" };

/** Definition of y = 2 x through a workspace, with `total += x` in place; what `change` has is put over it. */
function definitionOf(stages: readonly ToyStage[], change: Record<string, unknown>) {
  return {
    schema: "decode-lab/definition@1",
    name: "toy",
    op_type: "toy",
    description: "y = 2 x, total += x",
    dtypes: { value: ["float32", "float64"] },
    axes: { n: { type: "var" } },
    constraints: [],
    inputs: { x: TENSORS, total: { ...TENSORS, raw: true } },
    outputs: { y: { ...TENSORS, rule: "exact" }, total: { shape: ["n / 4", "4"], dtype: "value" } },
    workspaces: {
      scratch: { ...TENSORS, init: "poison" },
      calls: { shape: ["1"], dtype: "uint32", init: "zeros" },
    },
    tolerance: { rule: "naive-2x", group: [], source: "none" },
    variants: {
      ptx: {
        language: "cuda",
        source: "reference.ts",
        targets: ["sm_80"],
        specialisations: [{ name: "all", axes: {} }],
        stages: stages.map(({ name, parameters }) => ({
          name,
          function: name,
          parameters: parameters.map((each) => ({ name: each })),
        })),
      },
    },
    workloads: [{ id: "twice", axes: { n: N }, seed: 1, recipe: "counted", launches: 2 }],
    ...change,
  };
}

const REFERENCE = `
export const recipes = ["counted"];
export const inputs = {
  x: ({ axes, seed }) => Float32Array.from({ length: axes.n }, (_, i) => i + (seed === 1 ? 1 : 1000)),
  total: ({ axes }) => Uint32Array.from({ length: axes.n }, (_, i) => (i < 8 ? 0x7fc00001 : 0x3f800000)),
};
export function reference(axes, { x }, { raw }) {
  const total = new Float32Array(raw.total.buffer, raw.total.byteOffset, axes.n);
  return {
    y: x.map((value) => 2 * value),
    total: Float64Array.from(total, (value, i) => (i < 8 ? value : value + x[i])),
  };
}
export const naive = reference;
`;

function ptxOf({ name, parameters, body }: ToyStage): string {
  const addresses = parameters.map(
    (_, i) => `ld.param.u64 %rd${i + 1}, [${name}_${i}]; mad.wide.u32 %rd${i + 1}, %r1, 4, %rd${i + 1};`,
  );
  return `.version 8.8
.target sm_80
.address_size 64
.visible .entry ${name}(${parameters.map((_, i) => `.param .u64 ${name}_${i}`).join(", ")})
{
    .reg .pred %p<4>;
    .reg .b32 %r<8>;
    .reg .f32 %f<8>;
    .reg .b64 %rd<8>;
    mov.u32 %r1, %tid.x;
    ${addresses.join("\n    ")}
${body}
    ret;
}
`;
}

function artifactOf({ name, parameters }: ToyStage) {
  const hash = "0".repeat(64);
  return {
    schema: "decode-lab/artifact@1",
    op: "toy",
    variant: "ptx",
    stage: name,
    specialisation: { name: "all", axes: {} },
    language: "ptx",
    entry: name,
    target: "sm_80",
    parameters: parameters.map((each) => ({ name: each, kind: "buffer" })),
    launch: { grid: ["1", "1", "1"], block: ["n", "1", "1"], sharedBytes: "0" },
    resources: {
      registers: 8,
      sharedBytes: 0,
      stackBytes: 0,
      spillStoreBytes: 0,
      spillLoadBytes: 0,
      assembler: "none",
    },
    provenance: {
      compiler: "nvcc",
      version: "none",
      flags: [],
      source: "reference.ts",
      sourceSha256: hash,
      recipeSha256: hash,
      dependencies: {},
      ptxSha256: hash,
    },
  };
}

/** Writes the kernel folder `toy` and returns the folder around it. */
export function writeToyKernel(stages: readonly ToyStage[], change: Record<string, unknown> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "decode-lab-"));
  const folder = join(root, "toy");
  mkdirSync(join(folder, "artifacts"), { recursive: true });
  writeFileSync(join(folder, "definition.json"), JSON.stringify(definitionOf(stages, change)));
  writeFileSync(join(folder, "reference.ts"), REFERENCE);
  for (const stage of stages) {
    const file = join(folder, "artifacts", `ptx-${stage.name}.all.sm_80`);
    writeFileSync(`${file}.json`, JSON.stringify(artifactOf(stage)));
    writeFileSync(`${file}.ptx`, ptxOf(stage));
  }
  return root;
}
