import { Command, InvalidArgumentError } from "commander";
import type { JsonTarget } from "../report/json.ts";
import { Terminal } from "../report/terminal.ts";

/** Options that every command takes. */
export interface SharedOptions {
  json?: JsonTarget;
  quiet?: boolean;
  /** False with `--no-color`. */
  color: boolean;
  debug?: boolean;
}

/** A command with the shared options and an example under its help. */
export function newCommand(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .option("--json [FILE]", "one JSON document on stdout, or in FILE")
    .option("--quiet", "no progress, and on stdout only what went wrong")
    .option("--no-color", "no colours")
    .option("--debug", "a stack trace with an error")
    .addHelpText("after", `\nExample:\n  $ ${example}`)
    .exitOverride();
}

/** Colours where stdout is a terminal and nothing forbids them (NO_COLOR, `--no-color`). */
export function terminalFor(options: SharedOptions): Terminal {
  const colour = options.color && process.stdout.isTTY === true && !process.env.NO_COLOR;
  return new Terminal({ colour, quiet: options.quiet === true });
}

/** Whether the text report goes to stdout: not beside a JSON document there. */
export function printsText(options: SharedOptions): boolean {
  return options.json !== true;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("a whole number above 0 is needed");
}
