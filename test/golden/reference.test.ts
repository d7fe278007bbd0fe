import { join } from "node:path";
import { expect, it } from "vitest";
import { ReferenceBackend } from "../../src/backends/reference.ts";
import { kernelNames, loadKernel, workloadNamed } from "../../src/catalogue.ts";
import { DTYPES, encode } from "../../src/dtype.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

/** Workloads whose inputs, reference and naive outputs the Python tests hold reference.py against. */
const GOLDEN_WORKLOADS: Record<string, readonly string[]> = {
  qnorm_rope: [
    "sliding-t1",
    "full-t1",
    "sliding-q-only-t2",
    "sliding-long-t4",
    "full-long-t3",
    "sliding-zeros-rows-t4",
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
  const { inputs, reference, naive } = (await ReferenceBackend.load(kernel)).observe(workload);
  const drawn = Object.entries(inputs.values).map(([name, values]) => {
    const dtype = definition.inputs[name]?.dtype ?? "f64";
    return [name, { dtype: DTYPES[dtype].longName, base64: base64(encode(dtype, values)) }];
  });
  const document = {
    schema: "decode-lab/golden@1",
    op,
    workload: id,
    axes: workload.axes,
    inputs: Object.fromEntries(drawn),
    reference: mapValues(reference, (_, values) => base64(encode("f64", values))),
    naive: mapValues(naive, (name, values) => base64(encode(definition.outputs[name]?.dtype ?? "f64", values))),
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

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
