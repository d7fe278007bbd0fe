import { beforeAll, describe, expect, it } from "vitest";
import { ReferenceBackend, type ReferenceObservation } from "../../src/backends/reference.ts";
import { loadKernel } from "../../src/catalogue.ts";
import { encode } from "../../src/dtype.ts";
import { DecodeLabError } from "../../src/errors.ts";
import type { Finding } from "../../src/finding.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { type PlannedRow, planRows } from "../../src/rows/plan.ts";
import { RowRunner } from "../../src/rows/run-row.ts";
import { type FakeKernel, fakeBackend } from "./fake-backend.ts";

const SELECTION = { selectors: ["qnorm_rope/triton"], target: "sm_80", quick: false, exhibits: false };
const WORKLOAD = "sliding-strided-t3";

let plan: PlannedRow;
let reference: Record<string, Float64Array>;

beforeAll(async () => {
  const [row] = await planRows({ ...SELECTION, workload: WORKLOAD });
  plan = row as PlannedRow;
  const backend = await ReferenceBackend.load(await loadKernel("qnorm_rope"));
  reference = (backend.observe(plan.workload)[0] as ReferenceObservation).reference;
});

/** A kernel that writes the reference, changed by `change`. */
function writing(change: (values: Float64Array, name: string) => void = () => {}): FakeKernel {
  return {
    write(name, bytes) {
      const values = reference[name]?.slice();
      if (values === undefined) return false;
      change(values, name);
      bytes.set(encode("bf16", values));
      return true;
    },
  };
}

function largest(values: Float64Array): number {
  return Math.max(...values.map(Math.abs));
}

async function recordOf(kernel: FakeKernel, schedules = 1, row: PlannedRow = plan) {
  const { record } = await new RowRunner(fakeBackend(kernel), schedules).run(row);
  return record;
}

const RACE: Finding = {
  check: "races",
  class: "intra-cta-global",
  severity: "error",
  conflict: "write-read",
  space: "global",
  buffer: "q_out",
  byteOffset: 0,
  bytes: 2,
  count: 1,
  message: "",
};

describe("a row", () => {
  it("passes with the right outputs", async () => {
    const record = await recordOf(writing());
    expect(record).toMatchObject({ status: "ok", verdict: "PASS", findings: [] });
    expect(record.figures.diffError).toBeLessThan(2 ** -8);
  });

  it("fails for one wrong head", async () => {
    const record = await recordOf(writing((values, name) => name === "k_out" && values.fill(0, 256, 512)));
    expect(record).toMatchObject({ status: "failed", verdict: "FAIL", counts: { diff: 1 } });
    expect(record.findings[0]).toMatchObject({ class: "wrong-value", buffer: "k_out", count: 1 });
  });

  it("says that the limit of one element is broken where the vector as a whole is within its own", async () => {
    const record = await recordOf(
      writing((values, name) => {
        if (name === "q_out") values[7] = (values[7] as number) + 0.012 * largest(values.subarray(0, 256));
      }),
    );
    expect(record.findings).toMatchObject([{ class: "wrong-value", buffer: "q_out", byteOffset: 14 }]);
    const message = record.findings[0]?.message;
    expect(message).toMatch(/; its error 0\.01\d+ of the vector's largest value, limit 0\.0\d+; 1 vectors of/);
    expect(message).not.toMatch(/relative L2/);
    expect(record.figures.diffError).toBeGreaterThan(record.figures.diffLimit as number);
  });

  it("fails for NaN", async () => {
    const record = await recordOf(writing((values) => values.fill(Number.NaN, 5, 6)));
    expect(record.findings[0]).toMatchObject({ class: "not-finite", byteOffset: 10 });
  });

  it("fails for an output that was not written", async () => {
    const kernel = writing();
    const record = await recordOf({
      write: (name, bytes, launch) => name !== "v_out" && kernel.write?.(name, bytes, launch) === true,
    });
    expect(record.findings).toMatchObject([{ check: "diff", class: "unwritten", buffer: "v_out" }]);
  });

  it("fails for a changed input, not for one rewritten with its own bytes", async () => {
    const kernel = writing();
    const rewriting = (change: number): FakeKernel => ({
      write(name, bytes, launch) {
        if (name !== "q_weight") return kernel.write?.(name, bytes, launch) === true;
        bytes[0] = (bytes[0] as number) ^ change;
        return true;
      },
    });
    expect((await recordOf(rewriting(1))).findings).toMatchObject([{ class: "input-modified", buffer: "q_weight" }]);
    expect((await recordOf(rewriting(0))).findings).toEqual([]);
  });

  it("fails with the reason where the launch is refused", async () => {
    const at = { file: "k.ptx", line: 12 };
    const refusal = new DecodeLabError("PTX_UNSUPPORTED", "wgmma is not supported", { at });
    const reason = "wgmma is not supported (k.ptx:12)";
    expect(await recordOf({ refusal })).toMatchObject({ status: "unsupported", verdict: "FAIL", reason, outputs: {} });
  });

  it("fails for a race that is an error, passes with a warning", async () => {
    expect(await recordOf({ ...writing(), findings: [RACE] })).toMatchObject({ verdict: "FAIL", counts: { races: 1 } });
    const warning = await recordOf({ ...writing(), findings: [{ ...RACE, severity: "warning" }] });
    expect(warning).toMatchObject({ verdict: "PASS", status: "ok", counts: { races: 1 } });
  });
});

describe("a row under several schedules", () => {
  it("holds for every schedule, or for those seen where threads communicate", async () => {
    expect((await recordOf(writing(), 2)).schedules).toEqual({ count: 2, scope: "every-schedule" });
    const record = await recordOf({ ...writing(), ordered: true }, 2);
    expect(record.schedules).toEqual({ count: 2, scope: "schedules-seen" });
  });

  it("fails for what one seed alone shows, gives each seed fresh inputs and shows the figures of the one that failed", async () => {
    const seeds: number[] = [];
    const kernel: FakeKernel = {
      write(name, bytes, launch) {
        if (name === "q_weight") {
          expect(bytes[0]).not.toBe(0x55);
          bytes[0] = 0x55;
          return false;
        }
        const values = reference[name]?.slice();
        if (values === undefined) return false;
        if (name === "q_out") seeds.push(launch.seed);
        if (name === "k_out" && launch.seed === 1) values.fill(0, 256, 512);
        bytes.set(encode("bf16", values));
        return true;
      },
    };
    const { record, cells } = await new RowRunner(fakeBackend(kernel), 3).run(plan);
    expect(seeds).toEqual([0, 1, 2]);
    expect(record).toMatchObject({ status: "failed", verdict: "FAIL", outputsDiffer: ["k_out"] });
    expect(record.findings).toMatchObject([{ class: "wrong-value", seenInSchedules: 1, firstSeed: 1 }]);
    expect(cells[0]).toMatch(/^1\.000\//);
  });

  it("counts in the table each finding of any schedule once", async () => {
    const cellsOf = async (findings: FakeKernel["findings"]) =>
      (await new RowRunner(fakeBackend({ ...writing(), ...(findings && { findings }) }), 2).run(plan)).cells;
    expect((await cellsOf([RACE]))[1]).toBe("1");
    expect((await cellsOf(({ seed }) => [{ ...RACE, buffer: `seed ${seed}` }]))[1]).toBe("2");
  });
});

describe("a row with a second pass", () => {
  it("fails for a race that the unoptimised code alone shows, whose values are not judged", async () => {
    const row = { ...plan, unoptimisedFiles: plan.artifactFiles };
    const isSecond = ({ ptx }: NativeLaunch) => ptx.startsWith("{");
    const kernel = writing();
    const record = await recordOf(
      {
        write: (name, bytes, launch) => !isSecond(launch) && kernel.write?.(name, bytes, launch) === true,
        findings: (launch) => (isSecond(launch) ? [RACE] : []),
        status: (launch) => (isSecond(launch) ? "failed" : "ok"),
      },
      1,
      row,
    );
    expect(record.passStatus).toEqual({ optimised: "ok", unoptimised: "failed" });
    expect(record).toMatchObject({ verdict: "FAIL", findings: [{ check: "races", pass: "unoptimised" }] });
  });
});
