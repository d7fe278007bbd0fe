import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { loadArtifact } from "../../src/artifact.ts";
import { evaluateInteger } from "../../src/expression.ts";
import { planRows } from "../../src/rows/plan.ts";
import { residentCtas } from "./occupancy.ts";

const rows = await planRows({ selectors: [], quick: false, full: true, exhibits: false });

/** Each artifact with the launches of it that workloads ask for. */
const artifacts = new Map<string, { target: string; intended: unknown; axes: Record<string, number>[] }>();
for (const { artifactFiles, subject, target, workload } of rows) {
  for (const [index, file] of artifactFiles.entries()) {
    const stage = subject.variant.stages?.[index] ?? subject.variant;
    const known = artifacts.get(file) ?? { target, intended: stage.residentCtas, axes: [] };
    known.axes.push(workload.axes);
    artifacts.set(file, known);
  }
}

const cases = [...artifacts].map(([file, rest]) => ({ name: basename(file, ".json"), file, ...rest }));

describe.each(cases)("$name", ({ file, target, intended, axes }) => {
  it("has no spills and no stack", async () => {
    const { resources } = await loadArtifact(file);
    expect(resources).toMatchObject({ stackBytes: 0, spillStoreBytes: 0, spillLoadBytes: 0 });
  });

  it("has as many CTAs on a multiprocessor as its declaration says, in `residentCtas`", async () => {
    const { launch, resources } = await loadArtifact(file);
    const counts = axes.map((each) => {
      const threads = launch.block.reduce((product, size) => product * evaluateInteger(size, each), 1);
      const sharedBytes = resources.sharedBytes + evaluateInteger(launch.sharedBytes, each);
      return residentCtas(target, { threads, registers: resources.registers, sharedBytes });
    });
    expect(intended).toEqual(expect.any(Number));
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(intended as number);
  });
});

describe("residentCtas", () => {
  it.each([
    ["registers", "sm_90", { threads: 256, registers: 128, sharedBytes: 0 }, 2],
    ["registers in steps", "sm_90", { threads: 256, registers: 121, sharedBytes: 0 }, 2],
    ["threads", "sm_80", { threads: 512, registers: 16, sharedBytes: 0 }, 3],
    [
      "shared memory and what the driver takes of it",
      "sm_80",
      { threads: 32, registers: 16, sharedBytes: 49 * 1024 },
      2,
    ],
    ["shared memory of one CTA", "sm_90", { threads: 32, registers: 16, sharedBytes: 227 * 1024 + 1 }, 0],
    ["the number of CTAs", "sm_90a", { threads: 32, registers: 16, sharedBytes: 0 }, 32],
  ])("is bounded by %s", (_, target, needs, expected) => {
    expect(residentCtas(target, needs)).toBe(expected);
  });
});
