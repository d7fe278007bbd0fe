import type { Command } from "commander";
import { EXIT, type ExitCode } from "../errors.ts";
import { writeJson } from "../report/json.ts";
import { type CompileOptions, compile } from "../verbs/compile.ts";
import { newCommand, positiveInteger, printsText, type SharedOptions, terminalFor } from "./shell.ts";

type CompileFlags = SharedOptions & Omit<CompileOptions, "selectors" | "onProgress">;

export function compileCommand(finish: (exitCode: ExitCode) => void): Command {
  return newCommand(
    "compile",
    "compile variants to PTX with Triton or nvcc, without a GPU",
    "decode-lab compile qnorm_rope/triton",
  )
    .argument(
      "[WHAT...]",
      "OP[/VARIANT], or a kernel of your own: FILE.py:FUNCTION or FILE.cu[:ENTRY]; default every kernel",
    )
    .option("--out <DIR>", "write below DIR instead of in place")
    .option("--target <SM>", "your own kernel: target; default sm_80")
    .option("--signature <TYPES>", 'your own Triton kernel: types in order, without constexprs: "*bf16,*bf16,i32"')
    .option("--constexpr <NAME=VALUE>", "your own Triton kernel: a constexpr", collect, [])
    .option("--num-warps <N>", "your own Triton kernel; default 4", positiveInteger)
    .option("--flag <FLAG>", "your own CUDA kernel: one more nvcc flag, for instance --flag=-DN=4", collect, [])
    .option("--unoptimised", "CUDA: also the PTX of nvcc -G, <name>.unoptimised.ptx, for a second pass")
    .action(async (selectors: string[], flags: CompileFlags) => finish(await runCompile(selectors, flags)));
}

async function runCompile(selectors: string[], flags: CompileFlags): Promise<ExitCode> {
  const terminal = terminalFor(flags);
  const report = await compile({ ...flags, selectors, onProgress: (artifact) => terminal.progress(artifact) });
  terminal.clearProgress();
  await writeJson(report, flags.json, terminal);
  if (printsText(flags) && !flags.quiet) {
    for (const { artifact, changed, launch } of report.artifacts) {
      terminal.out(`${changed ? "changed  " : "unchanged"} ${artifact}\n`);
      if (launch === undefined) continue;
      terminal.out(`${launch.action.padEnd(9)} ${launch.file}\n`);
      if (launch.missing !== undefined) terminal.out(`          to run both passes, give it ${launch.missing}\n`);
    }
  }
  return EXIT.ok;
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}
