import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eager } from "../../kernels/decode_kernels/qnorm_rope/arithmetic.ts";
import { axesOf } from "../../kernels/decode_kernels/qnorm_rope/axes.ts";
import { placeInCache } from "../../kernels/decode_kernels/qnorm_rope/kv-cache.ts";
import { run } from "../../kernels/decode_kernels/qnorm_rope/reference.ts";
import { loadArtifact } from "../../src/artifact.ts";
import { artifactLaunch } from "../../src/backends/artifact-launch.ts";
import { cpuPtx } from "../../src/backends/cpu-ptx.ts";
import { LaunchMemory } from "../../src/backends/launch-memory.ts";
import { ReferenceBackend, type ReferenceObservation } from "../../src/backends/reference.ts";
import { loadKernel, workloadNamed } from "../../src/catalogue.ts";
import { dtypesFor } from "../../src/definition.ts";
import { encode } from "../../src/dtype.ts";
import type { Workload } from "../../src/workload.ts";

/**
 * Between two float32 norm factors of a vector of at most 512 elements. A sum of squares of positive terms passes through
 * at most 8 + 1 + 5 additions and one product, so it is off by 15 u, u = 2^-24; with eps 16 u, of which the power -1/2
 * leaves 8 u; rsqrt.approx.f32 adds 2^-22.9 < 2.2 u (PTX ISA 9.7.3), the correctly rounded factor itself 1.5 u.
 */
const SCALE_ULPS = 12;

const kernel = await loadKernel("qnorm_rope");
const { definition } = kernel;
const reference = await ReferenceBackend.load(kernel);
const names = Object.keys(definition.variants).flatMap((name) =>
  ["sm_80", "sm_90"].map((target) => ({ name, target })),
);

/** From the right factor outwards: 0, 1, -1, 2, … */
const OUTWARDS = Array.from({ length: 2 * SCALE_ULPS + 1 }, (_, i) => (i % 2 === 0 ? -i / 2 : (i + 1) / 2));

/** The launch of a compiled variant on a workload, and where its outputs will be. */
async function launchOf(name: string, target: string, workload: Workload, compiledFor = workload.axes) {
  const dtypes = dtypesFor(definition, workload.dtypes);
  const specialisation = definition.variants[name]?.specialisations.find(
    (each) =>
      Object.entries(each.axes).every(([axis, value]) => compiledFor[axis] === value) &&
      dtypesFor(definition, each.dtypes).activation === dtypes.activation,
  );
  const file = join(kernel.folder, "artifacts", `${name}.${specialisation?.name}.${target}.json`);
  const [{ inputs }] = reference.observe(workload) as [ReferenceObservation];
  const memory = new LaunchMemory(definition, inputs, new Map());
  return { inputs, memory, launch: await artifactLaunch(await loadArtifact(file), inputs, memory, 0), dtypes };
}

/** What transformers yields with the norm factor moved by so many units in its last place. */
function eagerOutputs({ inputs, dtypes }: Awaited<ReturnType<typeof launchOf>>, ulps: number) {
  const dtype = dtypes.activation ?? "bf16";
  const arithmetic = eager(dtype, axesOf(inputs.axes).round_intermediate === 2);
  const scale = (row: Float64Array, eps: number) => moved(arithmetic.scale(row, eps), ulps);
  const outputs = run(inputs.axes, inputs.values, { ...arithmetic, scale });
  return Object.entries(outputs).map(([name, values]) => [name, encode(dtype, values)] as const);
}

function moved(value: number, ulps: number): number {
  const bits = new Int32Array(new Float32Array([value]).buffer);
  bits[0] = (bits[0] as number) + ulps;
  return new Float32Array(bits.buffer)[0] as number;
}

/** Which elements of a vector a path without intermediate rounding also rounds but once: those that do not turn. */
function staying(workload: Workload, output: string): (element: number) => boolean {
  const { head_dim, pair_distance, num_rotary_pairs, round_intermediate } = axesOf(workload.axes);
  if (round_intermediate > 0 || output === "v_out") return () => true;
  return (element) => {
    const dim = element % head_dim;
    return dim >= 2 * pair_distance || dim % pair_distance >= num_rotary_pairs;
  };
}

/** Vectors of which no norm factor near the right one gives the bits. */
async function strangeVectors(subject: Awaited<ReturnType<typeof launchOf>>, workload: Workload) {
  const { status } = await cpuPtx.execute(subject.launch);
  expect(status).toBe("ok");
  const { head_dim } = axesOf(workload.axes);
  const outputs = Object.entries(subject.memory.outputs()).map(([output, bytes]) => [output, words(bytes)] as const);
  let strange = new Set(
    outputs.flatMap(([output, { length }]) => Array.from({ length: length / head_dim }, (_, i) => `${output} ${i}`)),
  );
  expect(strange.size).toBeGreaterThan(0);
  for (const ulps of OUTWARDS) {
    if (strange.size === 0) break;
    const eagerly = new Map(eagerOutputs(subject, ulps));
    strange = new Set(
      [...strange].filter((key) => {
        const [output, index] = key.split(" ") as [string, string];
        const got = new Map(outputs).get(output) as Uint16Array;
        const wanted = words(eagerly.get(output) as Uint8Array);
        return !vectorsAgree(got, wanted, Number(index) * head_dim, head_dim, staying(workload, output));
      }),
    );
  }
  return [...strange];
}

function words({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

function vectorsAgree(
  got: Uint16Array,
  wanted: Uint16Array,
  start: number,
  length: number,
  counts: (element: number) => boolean,
): boolean {
  for (let i = start; i < start + length; i++) if (got[i] !== wanted[i] && counts(i)) return false;
  return true;
}

describe.each(names)("the bits of qnorm_rope/$name for $target", ({ name, target }) => {
  const rounded = definition.workloads.filter(({ axes }) => axesOf(axes).round_intermediate > 0);
  const partial = definition.workloads.filter(({ axes }) => {
    const { cache_layout, head_dim, num_rotary_pairs, round_intermediate } = axesOf(axes);
    return cache_layout === 0 && round_intermediate === 0 && 2 * num_rotary_pairs < head_dim;
  });

  it.each(rounded)("are those of eager transformers: $id", async (workload) => {
    expect(await strangeVectors(await launchOf(name, target, workload), workload)).toEqual([]);
  });

  it.each(partial)("are those of the norm alone where nothing turns: $id", async (workload) => {
    expect(await strangeVectors(await launchOf(name, target, workload), workload)).toEqual([]);
  });

  it("are not those of eager transformers in code that rounds once", async () => {
    const workload = workloadNamed(definition, "sliding-round-t2");
    const subject = await launchOf(name, target, workload, { ...workload.axes, round_intermediate: 0 });
    const strange = await strangeVectors(subject, workload);
    expect(strange.length).toBe(2 * (8 + 2)); // every query and key; a value is rounded once either way
  });
});

describe.each(names)("cache offsets of qnorm_rope/$name for $target", ({ name, target }) => {
  it.each(["sliding-cache-nhd-t4", "sliding-cache-hnd-t4"])("are of 64 bits: %s", async (id) => {
    const { launch, inputs } = await launchOf(name, target, workloadNamed(definition, id));
    const { page_size, num_tokens } = axesOf(inputs.axes);
    const pageStride = 2 ** 32;
    const slots = Array.from({ length: num_tokens }, (_, token) => (token === 1 ? page_size + 1 : -1));
    const params = launch.params.map((param) => {
      if (param.name === "slot_mapping") return { ...param, bytes: encode("i64", slots) };
      return param.name === "page_stride" ? { ...param, bytes: encode("i64", [pageStride]) } : param;
    });
    const { findings } = await cpuPtx.execute({ ...launch, params } as typeof launch);
    const place = placeInCache({ ...inputs.axes, page_stride: pageStride });
    const found = findings.filter(({ check }) => check === "bounds").map(({ byteOffset }) => byteOffset);
    expect(found).toContain(2 * place(page_size + 1, 0, 0));
    expect(findings.every(({ check, buffer }) => check === "bounds" && buffer === "kv_cache")).toBe(true);
  });
});
