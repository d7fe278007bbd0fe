import { describe, expect, it } from "vitest";
import { loadArtifact } from "../../src/artifact.ts";
import { cpuPtx } from "../../src/backends/cpu-ptx.ts";
import type { Workspaces } from "../../src/backends/launch-memory.ts";
import { observe } from "../../src/backends/observe.ts";
import { ReferenceBackend, type ReferenceObservation } from "../../src/backends/reference.ts";
import { sha256 } from "../../src/canonical.ts";
import { type PlannedRow, planRows } from "../../src/rows/plan.ts";

const LAUNCHES = 100;

/** The first quick workload of every variant of every kernel; what is counted is the same for each target. */
const rows = await planRows({ selectors: [], target: "sm_80", quick: true, exhibits: false });
const firstRows = [...new Map(rows.toReversed().map((row) => [nameOf(row), row])).values()];

function nameOf({ subject }: PlannedRow): string {
  return `${subject.kernel.definition.name}/${subject.name}`;
}

describe.each(firstRows.map((row) => ({ name: nameOf(row), row })))("$name", ({ row }) => {
  it(`gives the same bytes in ${LAUNCHES} launches on workspaces that are never cleared`, async () => {
    const launch = await launcherOf(row);
    const workspaces: Workspaces = new Map();
    const hashes = new Set<string>();
    for (let i = 0; i < LAUNCHES; i++) hashes.add(await launch(workspaces));
    expect(hashes.size).toBe(1);
  }, 120_000);

  it("does not depend on what a poisoned workspace holds", async () => {
    const launch = await launcherOf(row);
    const first: Workspaces = new Map();
    const expected = await launch(first);
    for (const byte of [0x00, 0x7f, 0xff]) {
      const poisoned: Workspaces = new Map(
        [...first].map(([name, buffer]) => {
          const { byteLength } = buffer.bytes;
          if (buffer.initialised) return [name, { ...buffer, bytes: new Uint8Array(byteLength) }];
          const writtenBefore = new Uint8Array(Math.ceil(byteLength / 8));
          return [name, { ...buffer, bytes: new Uint8Array(byteLength).fill(byte), writtenBefore }];
        }),
      );
      expect(await launch(poisoned)).toBe(expected);
    }
  });
});

/** Runs the row's stages on fresh inputs and the workspaces given; yields a hash of all outputs. */
async function launcherOf({ subject, workload, artifactFiles }: PlannedRow) {
  const { kernel } = subject;
  const reference = await ReferenceBackend.load(kernel);
  const [expected] = reference.observe(workload) as [ReferenceObservation];
  const artifacts = await Promise.all(artifactFiles.map(loadArtifact));
  const code = { definition: kernel.definition, artifacts };
  return async (workspaces: Workspaces): Promise<string> => {
    const { outputs, findings } = await observe(cpuPtx, code, workload, expected.inputs, workspaces, 0);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    return sha256(Buffer.concat(Object.values(outputs)));
  };
}
