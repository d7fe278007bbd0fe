import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/canonical.ts";
import { exhibitSubject, type Kernel, loadExhibits, loadKernel, variantSubjects } from "../../src/catalogue.ts";
import { KERNELS_FOLDER } from "../../src/package-root.ts";
import { staleArtifacts } from "../../src/rows/freshness.ts";
import type { PlannedRow } from "../../src/rows/plan.ts";

let root: string;
let row: PlannedRow;

beforeEach(async () => {
  root = join(mkdtempSync(join(tmpdir(), "decode-lab-")), "decode_kernels");
  cpSync(join(KERNELS_FOLDER, "qnorm_rope"), join(root, "qnorm_rope"), { recursive: true });
  row = await variantRow("triton");
});

async function variantRow(variant: string): Promise<PlannedRow> {
  const kernel = await loadKernel("qnorm_rope", root);
  const subject = variantSubjects(kernel).find(({ name }) => name === variant);
  if (subject === undefined) throw new Error(`qnorm_rope has no variant ${variant}`);
  return rowOf(kernel, subject, `${variant}.hd256.sm_80.json`);
}

async function exhibitRow(side: "broken" | "twin"): Promise<PlannedRow> {
  const kernel = await loadKernel("qnorm_rope", root);
  const exhibit = (await loadExhibits(kernel)).find(({ name }) => name === "in-place-rotation");
  if (exhibit === undefined) throw new Error("qnorm_rope has no exhibit in-place-rotation");
  return rowOf(kernel, exhibitSubject(kernel, exhibit, side), `${side}.hd256.sm_80.json`);
}

function rowOf(kernel: Kernel, subject: PlannedRow["subject"], artifact: string): PlannedRow {
  const [workload] = kernel.definition.workloads;
  if (workload === undefined) throw new Error("qnorm_rope has a workload");
  return { subject, target: "sm_80", workload, artifactFiles: [join(subject.artifactFolder, artifact)] };
}

function artifactOf({ artifactFiles }: PlannedRow): string {
  return artifactFiles[0] as string;
}

type Json = Record<string, unknown>;

/** Rewrites a JSON file after `change` has had its way with it. */
function edit(file: string, change: (record: never) => unknown): void {
  const record = JSON.parse(readFileSync(file, "utf8"));
  change(record as never);
  writeFileSync(file, JSON.stringify(record));
}

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
    writeFileSync(artifactOf(row).replace(/json$/, "ptx"), "// something else\n");
    expect(await reasons()).toEqual([expect.stringMatching(/is not the code that its record describes$/)]);
  });

  it("is stale if it is missing", async () => {
    rmSync(artifactOf(row));
    expect(await reasons()).toEqual([expect.stringMatching(/is missing$/)]);
  });
});

interface Declared {
  variant: Json & { parameters: Json[]; specialisations: { axes: Json }[]; launch: { grid: string[] } };
}

const CHANGES: Record<string, (declared: Declared) => unknown> = {
  "a flag": ({ variant }) => Object.assign(variant, { flags: ["-O3", "-std=c++17", "-lineinfo", "-DBUG"] }),
  "the options": ({ variant }) => Object.assign(variant, { options: { num_warps: 2 } }),
  "a promise of divisibility": ({ variant }) => Object.assign(variant, { divisibleBy16: ["qkv"] }),
  "the function": ({ variant }) => Object.assign(variant, { function: "other" }),
  "the grid": ({ variant }) => Object.assign(variant.launch.grid, ["1"]),
  "the block": ({ variant }) => Object.assign(variant.launch, { block: ["64", "1", "1"] }),
  "the order of the parameters": ({ variant }) => variant.parameters.reverse(),
  "an axis of a specialisation": ({ variant }) => Object.assign(variant.specialisations[0]?.axes ?? {}, { more: 1 }),
};

describe.each(["triton", "cuda"])("the declaration of variant %s", (name) => {
  const definition = () => join(root, "qnorm_rope", "definition.json");

  it.each(Object.entries(CHANGES))("makes the artifact stale by %s", async (_, change) => {
    edit(definition(), ({ variants }: { variants: Record<string, Declared["variant"]> }) => {
      change({ variant: variants[name] as Declared["variant"] });
    });
    row = await variantRow(name);
    expect(await reasons()).toEqual([
      expect.stringMatching(`^the declaration of qnorm_rope/${name} \\(.*\\) has changed since .*json was compiled$`),
    ]);
  });

  it("makes the artifact stale by the dtype of a tensor", async () => {
    edit(definition(), ({ inputs }: { inputs: { positions: Json } }) =>
      Object.assign(inputs.positions, { dtype: "int32" }),
    );
    row = await variantRow(name);
    expect(await reasons()).toEqual([expect.stringContaining("dtypes of its tensors) has changed")]);
  });

  it("does not by its layout, by a description or by the other variant", async () => {
    edit(definition(), (record: { description: string; variants: Record<string, Json> }) => {
      record.description = "other";
      const other = name === "cuda" ? "triton" : "cuda";
      record.variants = {
        [name]: reversed(record.variants[name]),
        [other]: { ...record.variants[other], function: "f" },
      };
    });
    row = await variantRow(name);
    expect(await reasons()).toEqual([]);
  });
});

function reversed(members: Json = {}): Json {
  return Object.fromEntries(Object.entries(members).reverse());
}

describe.each(["broken", "twin"] as const)("the declaration of an exhibit, for its side %s,", (side) => {
  const file = () => join(root, "qnorm_rope", "exhibits", "in-place-rotation", "exhibit.json");

  it.each(Object.entries(CHANGES))("makes the artifact stale by %s", async (_, change) => {
    edit(file(), change);
    row = await exhibitRow(side);
    expect(await reasons()).toEqual([
      expect.stringMatching(`^the declaration of qnorm_rope/exhibits/in-place-rotation/${side} \\(`),
    ]);
  });

  it("does not by its description", async () => {
    edit(file(), (record: Json) => Object.assign(record, { description: "other" }));
    row = await exhibitRow(side);
    expect(await reasons()).toEqual([]);
  });
});

describe("a file that the source uses", () => {
  const PATH = "decode_kernels/shared/common.cuh";
  const file = () => join(root, "shared", "common.cuh");

  beforeEach(() => {
    mkdirSync(join(root, "shared"));
    writeFileSync(file(), "#define N 1\n");
    edit(artifactOf(row), ({ provenance }: { provenance: Json }) => {
      provenance.dependencies = { [PATH]: sha256("#define N 1\n") };
    });
  });

  it("leaves the artifact fresh while it is the same", async () => {
    expect(await reasons()).toEqual([]);
  });

  it("makes it stale once it has changed", async () => {
    writeFileSync(file(), "#define N 2\n");
    expect(await reasons()).toEqual([
      expect.stringMatching(`^${PATH}, which qnorm_rope_triton.py uses, has changed since .*json was compiled$`),
    ]);
  });

  it("makes it stale once it has gone", async () => {
    rmSync(file());
    expect(await reasons()).toEqual([
      expect.stringContaining(`${PATH}, which qnorm_rope_triton.py uses, has gone since`),
    ]);
  });
});
