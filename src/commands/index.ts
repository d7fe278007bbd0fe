import type { Command } from "commander";
import type { ExitCode } from "../errors.ts";
import { checkCommand } from "./check.ts";
import { compileCommand } from "./compile.ts";
import { quantiseCommand } from "./quantise.ts";
import { runCommand } from "./run.ts";

/** Every command, in the order of the help text; each reports its exit code to `finish`. */
export const COMMANDS: readonly ((finish: (exitCode: ExitCode) => void) => Command)[] = [
  checkCommand,
  runCommand,
  compileCommand,
  quantiseCommand,
];
