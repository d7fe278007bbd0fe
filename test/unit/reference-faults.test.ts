import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ReferenceBackend } from "../../src/backends/reference.ts";
import { type Kernel, loadKernel, variantSubjects } from "../../src/catalogue.ts";

/** qnorm_rope with another reference.ts. */
async function kernelWith(reference: string): Promise<Kernel> {
  const { definition } = await loadKernel("qnorm_rope");
  const folder = mkdtempSync(join(tmpdir(), "decode-lab-"));
  writeFileSync(join(folder, "reference.ts"), reference);
  return { folder, definition };
}

function functions(body: string): string {
  return `export function reference() { ${body} }\nexport const naive = reference;`;
}

it.each([
  { title: "throws", source: functions('throw new Error("no");'), message: /^reference\(\) of reference\.ts .*: no$/ },
  { title: "throws when loaded", source: `throw new Error("no");${functions("")}`, message: /cannot be loaded: no$/ },
  { title: "yields nothing", source: functions(""), message: /yields no values for output `q_out`/ },
  {
    title: "yields too few values",
    source: functions("return { q_out: new Float64Array(3) };"),
    message: /yields 3 values for output `q_out`, its shape takes \d+$/,
  },
  {
    title: "derives nothing",
    source: `export const derivedInputs = { cos_sin: () => undefined };${functions("")}`,
    message: /^derivedInputs\.cos_sin of reference\.ts/,
  },
])("a reference.ts that $title is an error of its own", async ({ source, message }) => {
  const kernel = await kernelWith(source);
  const observed = ReferenceBackend.load(kernel).then((backend) => {
    const [workload] = kernel.definition.workloads;
    return workload && backend.observe(workload);
  });
  const at = { file: join(kernel.folder, "reference.ts"), line: 0 };
  await expect(observed).rejects.toMatchObject({
    code: "SCHEMA",
    exitCode: 2,
    at,
    message: expect.stringMatching(message),
  });
});

it("an axis that makes an array too large is an error of the definition", async () => {
  const kernel = await kernelWith(functions(""));
  const [workload] = kernel.definition.workloads;
  if (workload === undefined) throw new Error("qnorm_rope has no workload");
  const axes = Object.fromEntries(
    Object.keys(workload.axes).map((name) => [name, name === "num_tokens" ? 2 ** 40 : 8]),
  );
  const backend = await ReferenceBackend.load({
    ...kernel,
    definition: { ...kernel.definition, constraints: [] },
  });
  const at = { file: join(kernel.folder, "definition.json"), line: 0 };
  expect(() => backend.observe(Object.assign(workload, { axes }))).toThrow(
    expect.objectContaining({ code: "SCHEMA", at }),
  );
});

it("a variant whose source is missing is an error of the definition", async () => {
  const kernel = await kernelWith(functions(""));
  expect(() => variantSubjects(kernel)).toThrow(expect.objectContaining({ code: "SCHEMA", exitCode: 2 }));
});
