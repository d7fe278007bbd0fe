import { describe, expect, it } from "vitest";
import { cpuPtx } from "../../src/backends/cpu-ptx.ts";
import { type PlannedRow, planRows } from "../../src/rows/plan.ts";
import { RowRunner } from "../../src/rows/run-row.ts";
import { type ToyStage, writeToyKernel } from "./toy-kernel.ts";

const SELECTION = { selectors: ["toy"], quick: false, exhibits: false };

const DOUBLE = `    ld.global.f32 %f1, [%rd1];
    add.f32 %f1, %f1, %f1;
    st.global.f32 [%rd2], %f1;`;

const COPY = `    ld.global.f32 %f1, [%rd1];
    st.global.f32 [%rd2], %f1;`;

/** total += x from element 8 on. */
const ACCUMULATE = `    setp.lt.u32 %p1, %r1, 8;
    @%p1 ret;
    ld.global.f32 %f1, [%rd1];
    ld.global.f32 %f2, [%rd2];
    add.f32 %f2, %f2, %f1;
    st.global.f32 [%rd2], %f2;`;

/** Leaves out `what` for thread 3 once the kernel has been called before: %rd3 counts the calls. */
const onceCalled = (what: string) => `    mul.wide.u32 %rd4, %r1, 4;
    sub.u64 %rd3, %rd3, %rd4;
    ld.global.u32 %r2, [%rd3];
    bar.sync 0;
    setp.eq.u32 %p1, %r1, 0;
    @%p1 st.global.u32 [%rd3], 1;
    setp.eq.u32 %p2, %r2, 1;
    setp.eq.and.u32 %p2, %r1, 3, %p2;
    @%p2 ret;
${what}`;

const notThread3 = (what: string) => `    setp.eq.u32 %p1, %r1, 3;
    @%p1 ret;
${what}`;

function stages(change: { partial?: string; merge?: string; accumulate?: string } = {}): ToyStage[] {
  return [
    { name: "partial", parameters: ["x", "scratch", "calls"], body: change.partial ?? DOUBLE },
    { name: "merge", parameters: ["scratch", "y", "calls"], body: change.merge ?? COPY },
    { name: "accumulate", parameters: ["x", "total"], body: change.accumulate ?? ACCUMULATE },
  ];
}

async function rowOf(kernel: ToyStage[], change?: Record<string, unknown>) {
  const [plan] = await planRows(SELECTION, writeToyKernel(kernel, change));
  const { record } = await new RowRunner(cpuPtx, 1).run(plan as PlannedRow);
  return record;
}

describe("a kernel of several stages, launched twice on the same workspaces", () => {
  it("passes where it is right", async () => {
    expect(await rowOf(stages())).toMatchObject({ verdict: "PASS", findings: [], instructions: expect.any(Number) });
  });

  it("is told that a stage reads what no stage has written", async () => {
    const { findings } = await rowOf(stages({ partial: notThread3(DOUBLE) }));
    expect(findings).toContainEqual(
      expect.objectContaining({ check: "initialised", buffer: "scratch", byteOffset: 12, bytes: 4 }),
    );
  });

  it("is caught with what the last launch left in a workspace", async () => {
    const { findings } = await rowOf(stages({ partial: onceCalled(DOUBLE) }));
    expect(findings).toMatchObject([{ check: "diff", class: "wrong-value", buffer: "y", byteOffset: 12 }]);
    expect(findings[0]?.message).toMatch(/^y\[3\] is 8, reference 2006; .* \(launch 2\)$/);
  });

  it("is caught with an output that the second launch leaves unwritten", async () => {
    const { findings } = await rowOf(stages({ merge: onceCalled(COPY) }));
    expect(findings).toMatchObject([{ check: "diff", class: "unwritten", buffer: "y", byteOffset: 12, bytes: 4 }]);
  });

  it("ends at a stage that traps", async () => {
    const record = await rowOf(stages({ merge: "    trap;" }));
    expect(record).toMatchObject({ status: "trapped", verdict: "FAIL" });
    expect(record.reason).toMatch(/\(stage merge\)$/);
  });
});

describe("a buffer updated in place", () => {
  it("must keep the bits that the reference leaves, NaN too", async () => {
    const { findings } = await rowOf(stages({ accumulate: ACCUMULATE.replace("8;", "7;") }));
    expect(findings).toMatchObject([{ check: "diff", buffer: "total", byteOffset: 28 }]);
  });

  it("is judged where the reference changes it", async () => {
    const { findings } = await rowOf(stages({ accumulate: ACCUMULATE.replace("add", "sub") }));
    expect(findings).toMatchObject([{ check: "diff", class: "wrong-value", buffer: "total", count: 14 }]);
  });
});

describe("a definition", () => {
  const workload = { id: "twice", axes: { n: 64 }, seed: 1, recipe: "counted" };

  it("limits what a stage loads", async () => {
    const again = stages({ partial: `    ld.global.f32 %f2, [%rd1];\n${DOUBLE}` });
    const gate = (limit: number) => ({ traffic: [{ buffer: "x", limit }], workloads: [workload] });
    // 8 sectors twice, and 7 by accumulate
    expect((await rowOf(again, gate(23 / 8))).findings).toEqual([]);
    expect((await rowOf(again, gate(22 / 8))).findings).toMatchObject([{ check: "traffic", class: "over-floor" }]);
  });

  it.each([
    [{ dtypes: { value: "float16" } }, /`value` cannot be float16/],
    [{ dtypes: { weight: "float32" } }, /no dtype `weight`/],
    [{ recipe: "none" }, /no recipe `none`/],
    [{ x: { kind: "list", values: [1] } }, /gives 1 values for `x`, its shape takes 64/],
  ])("refuses a workload with %o", async (change, message) => {
    const run = rowOf(stages(), { workloads: [{ ...workload, ...change }] });
    await expect(run).rejects.toMatchObject({ code: "SCHEMA", message: expect.stringMatching(message) });
  });

  it("has no row for a dtype that no specialisation is compiled for", async () => {
    const run = rowOf(stages(), { workloads: [{ ...workload, dtypes: { value: "float64" } }] });
    await expect(run).rejects.toMatchObject({ code: "USAGE" });
  });

  it("refuses a tensor of an unknown dtype", async () => {
    const run = rowOf(stages(), { workspaces: { scratch: { shape: ["n"], dtype: "values", init: "poison" } } });
    await expect(run).rejects.toMatchObject({ code: "SCHEMA", message: /no dtype `values`/ });
  });

  it("keeps full workloads for --full", async () => {
    const root = writeToyKernel(stages(), { workloads: [workload, { ...workload, id: "large", full: true }] });
    const ids = async (flags: { quick?: boolean; full?: boolean }) =>
      (await planRows({ ...SELECTION, ...flags }, root)).map((row) => row.workload.id);
    expect(await ids({})).toEqual(["twice"]);
    expect(await ids({ full: true })).toEqual(["twice", "large"]);
  });
});
