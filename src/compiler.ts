import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DecodeLabError } from "./errors.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

/** One artifact that the compiler made, and whether its bytes differ from those that were there. */
export interface CompiledArtifact {
  artifact: string;
  changed: boolean;
  /** Of a kernel of the user's own: kept where it was there already. */
  launch?: { file: string; action: "written" | "kept"; missing?: string };
}

const HOW_TO_GET = "`npm run setup:python` installs Triton and nvcc into .venv";

/** Runs `python -m decode_kernels.compile`; COMPILER_MISSING where Python, Triton or nvcc is not there. */
export async function runCompiler(compilerArguments: readonly string[]): Promise<CompiledArtifact[]> {
  const command = ["-m", "decode_kernels.compile", "--json", ...compilerArguments];
  const { exitCode, stdout, stderr } = await runPython(command);
  const message =
    stderr
      .trim()
      .split("\n")
      .at(-1)
      ?.replace(/^decode_kernels\.compile: (error: )?/, "") ?? "";
  if (exitCode === 3) throw new DecodeLabError("COMPILER_MISSING", message, { hint: HOW_TO_GET });
  if (exitCode === 2) throw new DecodeLabError("COMPILE_FAILED", message);
  if (exitCode !== 0)
    throw new DecodeLabError("COMPILE_FAILED", `the compiler ended with code ${exitCode}: ${message}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as CompiledArtifact);
}

/** The project's own environment first, then the one on the path. */
function pythonCommand(): string {
  const own = join(PACKAGE_ROOT, ".venv", "bin", "python");
  return existsSync(own) ? own : "python3";
}

interface Finished {
  exitCode: number;
  stdout: string;
  stderr: string;
}

function runPython(pythonArguments: readonly string[]): Promise<Finished> {
  const kernels = join(PACKAGE_ROOT, "kernels");
  return new Promise((resolve, reject) => {
    const child = spawn(pythonCommand(), pythonArguments, {
      env: { ...process.env, PYTHONPATH: kernels },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output.stderr += text;
    });
    child.on("error", (cause) => {
      reject(new DecodeLabError("COMPILER_MISSING", "there is no python3", { hint: HOW_TO_GET, cause }));
    });
    child.on("close", (exitCode) => resolve({ exitCode: exitCode ?? 1, ...output }));
  });
}
