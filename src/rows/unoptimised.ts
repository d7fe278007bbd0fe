import { basename, join, relative } from "node:path";
import { runCompiler } from "../compiler.ts";
import { DecodeLabError } from "../errors.ts";
import { KERNELS_FOLDER } from "../package-root.ts";
import type { PlannedRow } from "./plan.ts";

/** The rows, those in CUDA with code from nvcc -G in `folder`; USAGE where none is, COMPILER_MISSING without nvcc. */
export async function withUnoptimisedCode(plan: readonly PlannedRow[], folder: string): Promise<PlannedRow[]> {
  const compiled = plan.filter(({ subject }) => subject.variant.language === "cuda");
  if (compiled.length === 0) {
    throw new DecodeLabError("USAGE", "no row of this selection is compiled from CUDA", {
      hint: "--unoptimised compiles with nvcc -G; Triton always optimises",
    });
  }
  const names = new Map(compiled.map(({ subject }) => [`${subject.kernel.definition.name} ${subject.name}`, subject]));
  for (const { kernel, name } of names.values()) {
    const selection = ["--op", kernel.definition.name, "--variant", name];
    await runCompiler([...selection, "--unoptimised", "--out", folder]);
  }
  return plan.map((row) =>
    compiled.includes(row) ? { ...row, unoptimisedFiles: unoptimisedFiles(row, folder) } : row,
  );
}

function unoptimisedFiles({ subject, artifactFiles }: PlannedRow, folder: string): string[] {
  const below = join(folder, relative(KERNELS_FOLDER, subject.artifactFolder));
  return artifactFiles.map((file) => join(below, `${basename(file, ".json")}.unoptimised.ptx`));
}
