import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Finding } from "../../src/finding.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { type RunProgress, runOn } from "../../src/verbs/run.ts";
import { type FakeKernel, fakeBackend } from "./fake-backend.ts";

const POINTER = { name: "p0", type: "u64", size: 8, align: 8, pointer: true };

const RACE: Finding = {
  check: "races",
  class: "intra-warp",
  severity: "error",
  conflict: "write-read",
  space: "global",
  buffer: "y",
  byteOffset: 0,
  bytes: 4,
  count: 1,
  first: { cta: [0, 0, 0], thread: [0, 0, 0], instruction: "st.b32", file: "k.cu", line: 3, ptxLine: 10 },
  second: { cta: [0, 0, 0], thread: [1, 0, 0], instruction: "ld.b32", file: "k.cu", line: 4, ptxLine: 11 },
  message: "",
};

/** Writes the bytes 1, 2, 3, 4 to `y`, the first of them increased by the seed. */
const SEED_DEPENDENT: FakeKernel = {
  write(_name, bytes, { seed }) {
    expect([...bytes]).toEqual([0, 0, 0, 0]);
    bytes.set([1 + seed, 2, 3, 4]);
    return true;
  },
};

function launchFile(fields: object): string {
  const folder = mkdtempSync(join(tmpdir(), "decode-lab-"));
  for (const name of ["k", "k.unoptimised"]) writeFileSync(join(folder, `${name}.ptx`), `// ${name}\n`);
  writeFileSync(join(folder, "expected.bin"), Uint8Array.of(8, 2, 3, 4));
  const y = { name: "y", kind: "buffer", dtype: "u8", shape: [4], init: "zeros" };
  const launch = { schema: "decode-lab/launch@1", ptx: "k.ptx", grid: [1, 1, 1], block: [1, 1, 1], params: [y] };
  writeFileSync(join(folder, "k.launch.json"), JSON.stringify({ ...launch, ...fields }));
  return join(folder, "k.launch.json");
}

function runFake(kernel: FakeKernel, fields: object, options: Parameters<typeof runOn>[2] = {}) {
  return runOn(fakeBackend({ parameters: [POINTER], ...kernel }), launchFile(fields), options);
}

it("runs the launch's seed and those after it on fresh buffers, and reports the first's outputs", async () => {
  const once = await runFake(SEED_DEPENDENT, { seed: 7 });
  const { report, exitCode } = await runFake(SEED_DEPENDENT, { seed: 7 }, { schedules: 3 });
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ schedules: { count: 3, scope: "every-schedule" }, outputsDiffer: ["y"] });
  expect(report.outputs).toEqual(once.report.outputs);
  expect(once.report.schedules).toEqual({ count: 1, scope: "every-schedule" });
});

it("judges the expected values of every schedule", async () => {
  const expecting = { name: "y", kind: "buffer", dtype: "u8", shape: [4], init: "zeros" };
  const fields = { seed: 7, params: [{ ...expecting, expect: { file: "expected.bin" } }] };
  expect((await runFake(SEED_DEPENDENT, fields)).report.status).toBe("ok");
  const { report, exitCode } = await runFake(SEED_DEPENDENT, fields, { schedules: 3 });
  expect(exitCode).toBe(1);
  expect(report.findings).toMatchObject([{ class: "wrong-value", seenInSchedules: 2, firstSeed: 8 }]);
});

it("tells progress over all runs", async () => {
  const runs: RunProgress[] = [];
  const backend = fakeBackend({ parameters: [POINTER] });
  const execute: typeof backend.execute = (launch, onProgress) => {
    onProgress?.({ instructions: 1, ctasDone: 1, ctas: 1 });
    return backend.execute(launch);
  };
  const file = launchFile({ unoptimised: "k.unoptimised.ptx" });
  await runOn({ ...backend, execute }, file, { schedules: 2, onProgress: (progress) => runs.push(progress) });
  expect(runs.map(({ run, runs: total }) => [run, total])).toEqual([1, 2, 3, 4].map((run) => [run, 4]));
});

it("runs the unoptimised code as a second pass, and says which pass saw a race", async () => {
  const isSecond = ({ ptx }: NativeLaunch) => ptx.includes("unoptimised");
  const hidden = { ...RACE, second: undefined };
  const kernel: FakeKernel = { findings: (launch) => (isSecond(launch) ? [RACE, hidden] : [RACE]) };
  const { report, exitCode, ptx } = await runFake(kernel, { unoptimised: "k.unoptimised.ptx" });
  expect(exitCode).toBe(1);
  expect(report.passStatus).toEqual({ optimised: "failed", unoptimised: "failed" });
  expect(report.findings.map(({ pass }) => pass)).toEqual(["both", "unoptimised"]);
  expect(ptx).toEqual({ optimised: "// k\n", unoptimised: "// k.unoptimised\n" });
});

it("does not judge the values of the unoptimised code", async () => {
  const kernel: FakeKernel = {
    write(_name, bytes, { ptx }) {
      bytes.set([ptx.includes("unoptimised") ? 9 : 8, 2, 3, 4]);
      return true;
    },
  };
  const y = { name: "y", kind: "buffer", dtype: "u8", shape: [4], init: "zeros", expect: { file: "expected.bin" } };
  const { report } = await runFake(kernel, { unoptimised: "k.unoptimised.ptx", params: [y] });
  expect(report).toMatchObject({ status: "ok", findings: [] });
  expect(report).not.toHaveProperty("outputsDiffer");
});

it("passes `cooperative` on", async () => {
  const given: boolean[] = [];
  const findings = ({ cooperative }: NativeLaunch) => {
    given.push(cooperative);
    return [];
  };
  await runFake({ findings }, { cooperative: true });
  await runFake({ findings }, {});
  expect(given).toEqual([true, false]);
});
