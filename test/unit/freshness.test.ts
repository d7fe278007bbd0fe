import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { loadKernel, variantSubjects } from "../../src/catalogue.ts";
import { KERNELS_FOLDER } from "../../src/package-root.ts";
import { staleArtifacts } from "../../src/rows/freshness.ts";
import type { PlannedRow } from "../../src/rows/plan.ts";

let row: PlannedRow;

beforeEach(async () => {
  const root = mkdtempSync(join(tmpdir(), "decode-lab-"));
  cpSync(join(KERNELS_FOLDER, "qnorm_rope"), join(root, "qnorm_rope"), { recursive: true });
  const kernel = await loadKernel("qnorm_rope", root);
  const [subject] = variantSubjects(kernel);
  const [workload] = kernel.definition.workloads;
  if (subject === undefined || workload === undefined) throw new Error("qnorm_rope has a variant and a workload");
  row = { subject, target: "sm_80", workload, artifactFile: join(subject.artifactFolder, "triton.hd256.sm_80.json") };
});

async function reasons(): Promise<string[]> {
  return (await staleArtifacts([row, row])).map(({ reason }) => reason);
}

describe("an artifact", () => {
  it("is fresh as committed", async () => {
    expect(await reasons()).toEqual([]);
  });

  it("is stale once its source has changed", async () => {
    writeFileSync(row.subject.source, `${readFileSync(row.subject.source, "utf8")}\n# changed\n`);
    expect(await reasons()).toEqual([expect.stringMatching(/^qnorm_rope_triton\.py has changed since /)]);
  });

  it("is stale if its code is not what the record describes", async () => {
    writeFileSync(row.artifactFile.replace(/json$/, "ptx"), "// something else\n");
    expect(await reasons()).toEqual([expect.stringMatching(/is not the code that its record describes$/)]);
  });

  it("is stale if it is missing", async () => {
    rmSync(row.artifactFile);
    expect(await reasons()).toEqual([expect.stringMatching(/is missing$/)]);
  });
});
