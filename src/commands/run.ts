import type { Command } from "commander";
import { BACKENDS, DEFAULT_BACKEND } from "../backends/index.ts";
import { EXIT, type ExitCode } from "../errors.ts";
import { writeJson } from "../report/json.ts";
import { runText } from "../report/run-text.ts";
import { SourceExcerpts } from "../report/source-excerpts.ts";
import { run } from "../verbs/run.ts";
import { newCommand, positiveInteger, printsText, type SharedOptions, terminalFor } from "./shell.ts";

interface RunFlags extends SharedOptions {
  backend: string;
  threads?: number;
  schedules?: number;
  out?: string;
}

export function runCommand(finish: (exitCode: ExitCode) => void): Command {
  return newCommand(
    "run",
    "run any PTX file on any buffers, as a launch file says",
    "decode-lab run examples/saxpy.launch.json",
  )
    .argument("<LAUNCH.json>", "launch file, decode-lab/launch@1 (schemas/launch.schema.json)")
    .option("--backend <NAME>", `one of ${BACKENDS.map(({ name }) => name).join(", ")}`, DEFAULT_BACKEND)
    .option("--threads <N>", "worker threads; default one per core", positiveInteger)
    .option("--schedules <N>", "run under the launch's seed and the N - 1 after it; default 1", positiveInteger)
    .option("--out <DIR>", "write each output to DIR/<name>.out.bin")
    .action(async (launchFile: string, flags: RunFlags) => finish(await runLaunch(launchFile, flags)));
}

async function runLaunch(launchFile: string, flags: RunFlags): Promise<ExitCode> {
  const terminal = terminalFor(flags);
  const { report, exitCode, ptx, folder } = await run(launchFile, {
    ...flags,
    onProgress: ({ ctasDone, ctas, run, runs }) => {
      terminal.progress(`${runs > 1 ? `run ${run} of ${runs}: ` : ""}${ctasDone} of ${ctas} CTAs`);
    },
  });
  terminal.clearProgress();
  await writeJson(report, flags.json, terminal);
  if (printsText(flags) && (!flags.quiet || exitCode !== EXIT.ok)) {
    terminal.out(runText(report, new SourceExcerpts([folder], ptx), terminal));
  }
  return exitCode;
}
