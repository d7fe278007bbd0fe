import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { KERNELS_FOLDER } from "../../src/package-root.ts";
import { planRows } from "../../src/rows/plan.ts";

let root: string;

/** A kernel `bare` without exhibits beside one that has some. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "decode-lab-"));
  for (const name of ["qnorm_rope", "bare"]) {
    cpSync(join(KERNELS_FOLDER, "qnorm_rope"), join(root, name), { recursive: true });
  }
  rmSync(join(root, "bare", "exhibits"), { recursive: true });
  const definition = join(root, "bare", "definition.json");
  writeFileSync(definition, readFileSync(definition, "utf8").replace('"name": "qnorm_rope"', '"name": "bare"'));
});

function exhibitsOf(...selectors: string[]) {
  return planRows({ selectors, quick: false, exhibits: true }, root);
}

describe("the rows of exhibits", () => {
  it("pass over a kernel that has none", async () => {
    const rows = await exhibitsOf();
    expect(new Set(rows.map(({ subject }) => subject.kernel.definition.name))).toEqual(new Set(["qnorm_rope"]));
  });

  it.each(["bare", "bare/one"])("refuse the selector %s of a kernel that has none", async (selector) => {
    await expect(exhibitsOf(selector)).rejects.toMatchObject({ code: "USAGE", message: "bare has no exhibits" });
  });

  it("refuse an exhibit that does not exist and name those that do", async () => {
    const expected = { code: "USAGE", message: "qnorm_rope has no exhibit `none`", hint: /^it has .*weight-dropped$/ };
    await expect(exhibitsOf("qnorm_rope/none")).rejects.toMatchObject({
      ...expected,
      hint: expect.stringMatching(expected.hint),
    });
  });

  it("say so where no kernel has any", async () => {
    rmSync(join(root, "qnorm_rope"), { recursive: true });
    await expect(exhibitsOf()).rejects.toMatchObject({ code: "USAGE", message: "no row fits this selection" });
  });
});
