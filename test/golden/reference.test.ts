import { join } from "node:path";
import { expect, it } from "vitest";
import { ReferenceBackend, type ReferenceObservation } from "../../src/backends/reference.ts";
import { kernelNames, loadKernel, workloadNamed } from "../../src/catalogue.ts";
import { dtypesFor, tensorDtype } from "../../src/definition.ts";
import { DTYPES, encode } from "../../src/dtype.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

/** Workloads whose inputs, reference and naive outputs the Python tests hold reference.py against. */
const GOLDEN_WORKLOADS: Record<string, readonly string[]> = {
  flash_decode: ["short-sequences", "short-steps-window"],
  lm_head_int4: [
    "argmax-one-tile",
    "argmax-one-column",
    "topk-few",
    "topk-tile-channel",
    "logits-tile-g32",
    "logits-tile-g128",
    "logits-tile-channel",
  ],
  qnorm_rope: [
    "sliding-t1",
    "full-t1",
    "sliding-q-only-t2",
    "sliding-long-t4",
    "full-long-t3",
    "sliding-zeros-rows-t4",
    "sliding-cache-page-1-t3",
    "sliding-cache-odd-page-t5",
    "full-12b-k-eq-v-cache-nhd-t2",
    "full-round-t2",
    "qwen3-round-t3",
    "glm-partial-t2",
    "sliding-fp16-round-t2",
    "sliding-fp16-denormals-t2",
  ],
};

const names = await kernelNames();

it("has golden workloads of every kernel", () => {
  expect(Object.keys(GOLDEN_WORKLOADS).sort()).toEqual(names);
});

const cases = Object.entries(GOLDEN_WORKLOADS).flatMap(([op, ids]) => ids.map((id) => ({ op, id })));

it.each(cases)("$op $id gives the bytes that the Python tests compare with", async ({ op, id }) => {
  const kernel = await loadKernel(op);
  const { definition } = kernel;
  const workload = workloadNamed(definition, id);
  const [first] = (await ReferenceBackend.load(kernel)).observe(workload);
  const { inputs, reference, naive } = first as ReferenceObservation;
  const dtypes = dtypesFor(definition, workload.dtypes);
  const dtypeOf = (tensor: { dtype: string } | undefined) =>
    tensor === undefined ? "f64" : tensorDtype(tensor, dtypes);
  const drawn = Object.keys(definition.inputs).flatMap((name) => {
    const dtype = dtypeOf(definition.inputs[name]);
    const values = inputs.values[name];
    const bytes = values === undefined ? inputs.context.raw[name] : encode(dtype, values);
    if (bytes === undefined) return [];
    return [[name, { dtype: DTYPES[dtype].longName, base64: base64(bytes) }]];
  });
  const document = {
    schema: "decode-lab/golden@1",
    op,
    workload: id,
    axes: workload.axes,
    inputs: Object.fromEntries(drawn),
    reference: mapValues(reference, (_, values) => base64(encode("f64", values))),
    naive: mapValues(naive, (name, values) => base64(encode(dtypeOf(definition.outputs[name]), values))),
  };
  const file = join(PACKAGE_ROOT, "kernels", "tests", "golden", `${op}.${id}.json`);
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(file);
});

function mapValues(
  values: Record<string, Float64Array>,
  map: (name: string, values: Float64Array) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(name, value)]));
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
}
