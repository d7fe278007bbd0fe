import { Command, CommanderError } from "commander";
import { COMMANDS } from "./commands/index.ts";
import type { SharedOptions } from "./commands/shell.ts";
import { asDecodeLabError, DecodeLabError, EXIT, type ExitCode, errorLine } from "./errors.ts";
import { VERSION } from "./package-root.ts";
import { errorDocument, writeJson } from "./report/json.ts";
import { Terminal } from "./report/terminal.ts";

/** Runs one command line and yields its exit code; errors are one line on stderr. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = newProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok;
    return reportError(thrown instanceof CommanderError ? usageError(thrown) : thrown, argv);
  }
}

/** A reader that has seen enough, such as `head`, ends the program quietly. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

function newProgram(finish: (exitCode: ExitCode) => void): Command {
  const program = new Command("decode-lab")
    .description("Judges compiled GPU decode kernels without a GPU.")
    .version(VERSION)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  for (const command of COMMANDS) {
    program.addCommand(command(finish).configureOutput({ outputError: () => {} }));
  }
  return program;
}

/** A bare `decode-lab` is asked for help, which commander reports as an error without a message of use. */
function usageError(error: CommanderError): DecodeLabError {
  if (error.code === "commander.help") {
    return new DecodeLabError("USAGE", "no command given", { hint: "`decode-lab --help` lists them" });
  }
  return new DecodeLabError("USAGE", error.message.replace(/^error: /, ""), { hint: "`decode-lab --help` tells more" });
}

/**
 * The options are read from the raw arguments, since parsing may be what failed. A usage error never goes to a file:
 * in `run --json LAUNCH.json` the file would be the launch.
 */
async function reportError(thrown: unknown, argv: readonly string[]): Promise<ExitCode> {
  const error = asDecodeLabError(thrown);
  const terminal = new Terminal({ colour: false, quiet: true });
  terminal.err(`${errorLine(error)}\n`);
  if (argv.includes("--debug")) terminal.err(`${stackOf(thrown)}\n`);
  const target = jsonTarget(argv);
  const toStdout = error.code === "USAGE" || error.code === "FILE_UNWRITABLE";
  await writeJson(errorDocument(error), target !== undefined && toStdout ? true : target, terminal);
  return error.exitCode;
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

function jsonTarget(argv: readonly string[]): SharedOptions["json"] {
  const index = argv.findIndex((argument) => argument === "--json" || argument.startsWith("--json="));
  if (index < 0) return undefined;
  const argument = argv[index] as string;
  if (argument !== "--json") return argument.slice("--json=".length);
  const next = argv[index + 1];
  return next === undefined || next.startsWith("-") ? true : next;
}
