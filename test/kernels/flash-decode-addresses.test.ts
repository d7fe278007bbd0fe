import { expect, it } from "vitest";
import * as module from "../../kernels/decode_kernels/flash_decode/reference.ts";
import { loadArtifact } from "../../src/artifact.ts";
import { artifactLaunch } from "../../src/backends/artifact-launch.ts";
import { cpuPtx } from "../../src/backends/cpu-ptx.ts";
import { LaunchMemory } from "../../src/backends/launch-memory.ts";
import { artifactFiles, loadKernel, variantSubjects, workloadNamed } from "../../src/catalogue.ts";
import { encode } from "../../src/dtype.ts";
import { makeInputs } from "../../src/inputs.ts";

/** Its elements begin at 2^32, its bytes at 2^33. */
const FAR_PAGE = 2 ** 18;

/** A pool of that size takes gigabytes, so the page lies outside the pool and the finding tells its address. */
it.each(["sm_80", "sm_90"])("a page far into the pool is addressed with 64 bits for %s", async (target) => {
  const kernel = await loadKernel("flash_decode");
  const workload = workloadNamed(kernel.definition, "e4b-sliding-needles");
  const inputs = makeInputs(kernel.definition, module, workload);
  const table = inputs.values.block_table as Float64Array;
  const last = Math.floor((workload.axes.max_kv_len as number) / (workload.axes.page_size as number));
  table[last] = FAR_PAGE;
  inputs.tensors.set("block_table", { bytes: encode("i32", table) });
  const files = variantSubjects(kernel).flatMap((subject) => artifactFiles(subject, target, workload));
  const partial = await loadArtifact(files[0] as string);
  const memory = new LaunchMemory(kernel.definition, inputs, new Map());
  const { findings } = await cpuPtx.execute(await artifactLaunch(partial, inputs, memory, 0));
  const { page_size, num_kv_heads, head_dim } = workload.axes as Record<string, number>;
  const keyBytes = 2 * (page_size as number) * (num_kv_heads as number) * (head_dim as number);
  const offsets = findings
    .filter(({ check }) => check === "bounds")
    .map(({ buffer, byteOffset }) => [buffer, byteOffset]);
  expect(offsets).toEqual([
    ["kv_cache", 2 * FAR_PAGE * keyBytes],
    ["kv_cache", 2 * FAR_PAGE * keyBytes + keyBytes],
  ]);
});
