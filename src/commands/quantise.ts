import { type Command, InvalidArgumentError } from "commander";
import { EXIT, type ExitCode } from "../errors.ts";
import { GROUP_SIZES, type GroupSize, type ScaleDtype } from "../int4/shape.ts";
import { writeJson } from "../report/json.ts";
import { quantiseText } from "../report/quantise-text.ts";
import { type QuantiseOptions, quantise } from "../verbs/quantise.ts";
import { newCommand, positiveInteger, printsText, type SharedOptions, terminalFor } from "./shell.ts";

type QuantiseFlags = SharedOptions & Omit<QuantiseOptions, "onProgress">;

export function quantiseCommand(finish: (exitCode: ExitCode) => void): Command {
  return newCommand(
    "quantise",
    "an output head as int4 in Marlin's layout, and what that costs",
    "decode-lab quantise examples/head.safetensors --group-size 32 --report",
  )
    .argument("<CHECKPOINT>", "a safetensors file, its index, or a model folder: float, compressed-tensors or GPTQ")
    .option("--tensor <NAME>", "the head, for instance lm_head; default lm_head, else a tied embedding")
    .option("--group-size <SIZE>", `float heads: one of ${GROUP_SIZES.join(", ")}; default 128`, groupSize)
    .option("--scale-dtype <DTYPE>", "bf16 or f16; default bf16, or the quantised checkpoint's own", scaleDtype)
    .option(
      "--vocab-multiple <N>",
      "pad the vocabulary to a multiple of N, itself one of 64; default 64",
      positiveInteger,
    )
    .option("--out <FOLDER>", "write FOLDER/head.marlin.safetensors; without it nothing is written")
    .option("--overwrite", "replace that file where it is there")
    .option("--report [FILE]", "float heads: the cost on hidden states [count, hidden] of FILE, or of normal numbers")
    .action(async (checkpoint: string, flags: QuantiseFlags) => finish(await runQuantise(checkpoint, flags)));
}

async function runQuantise(checkpoint: string, flags: QuantiseFlags): Promise<ExitCode> {
  const terminal = terminalFor(flags);
  const document = await quantise(checkpoint, {
    ...flags,
    onProgress: (stage, share) => terminal.progress(`${stage} ${Math.floor(100 * share)} %`),
  });
  terminal.clearProgress();
  await writeJson(document, flags.json, terminal);
  if (printsText(flags) && !flags.quiet) terminal.out(quantiseText(document, terminal));
  return EXIT.ok;
}

function groupSize(text: string): GroupSize {
  const found = GROUP_SIZES.find((size) => String(size) === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`one of ${GROUP_SIZES.join(", ")} is needed`);
}

function scaleDtype(text: string): ScaleDtype {
  if (text === "bf16" || text === "f16") return text;
  throw new InvalidArgumentError("bf16 or f16 is needed");
}
