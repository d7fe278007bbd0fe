import { type Command, Option } from "commander";
import { BACKENDS, DEFAULT_BACKEND } from "../backends/index.ts";
import { EXIT, type ExitCode } from "../errors.ts";
import { checkText } from "../report/check-text.ts";
import { exhibitsText } from "../report/exhibits-text.ts";
import { writeJson } from "../report/json.ts";
import { check } from "../verbs/check.ts";
import { newCommand, positiveInteger, printsText, type SharedOptions, terminalFor } from "./shell.ts";

interface CheckFlags extends SharedOptions {
  backend: string;
  target?: string;
  workload?: string;
  quick?: boolean;
  full?: boolean;
  exhibits?: boolean;
  schedules?: number;
  unoptimised?: boolean;
}

export function checkCommand(finish: (exitCode: ExitCode) => void): Command {
  return newCommand(
    "check",
    "judge every variant of every kernel on every workload",
    "decode-lab check qnorm_rope/triton --quick",
  )
    .argument("[OP[/VARIANT]...]", "what to check; with --exhibits OP[/EXHIBIT]; default everything")
    .option("--backend <NAME>", `one of ${BACKENDS.map(({ name }) => name).join(", ")}`, DEFAULT_BACKEND)
    .option("--target <SM>", "only artifacts of this target, for instance sm_80")
    .option("--workload <ID>", "only this workload")
    .addOption(new Option("--quick", "only the workloads marked quick").conflicts("full"))
    .addOption(new Option("--full", "with the workloads at full size, which take minutes"))
    .option("--exhibits", "the variants that are wrong on purpose: each must be caught, its twin must pass")
    .option("--schedules <N>", "run each row under seeds 0 to N - 1; default 1", positiveInteger)
    .option("--unoptimised", "CUDA: a second pass over code from nvcc -G, where no optimiser hid a race")
    .action(async (selectors: string[], flags: CheckFlags) => finish(await runCheck(selectors, flags)));
}

async function runCheck(selectors: string[], flags: CheckFlags): Promise<ExitCode> {
  const terminal = terminalFor(flags);
  const { report, rows, exitCode } = await check({
    ...flags,
    selectors,
    onProgress: (finished, total) => terminal.progress(`${finished} of ${total} rows`),
  });
  terminal.clearProgress();
  await writeJson(report, flags.json, terminal);
  if (printsText(flags) && (!flags.quiet || exitCode !== EXIT.ok)) {
    const shown = flags.quiet ? rows.filter(({ record }) => record.verdict === "FAIL") : rows;
    terminal.out((flags.exhibits ? exhibitsText : checkText)(shown, report, terminal));
  }
  return exitCode;
}
