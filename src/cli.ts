import { Command, CommanderError } from "commander";
import { namesSubject } from "./catalogue.ts";
import { COMMANDS } from "./commands/index.ts";
import type { SharedOptions } from "./commands/shell.ts";
import { asDecodeLabError, DecodeLabError, EXIT, type ExitCode, errorLine } from "./errors.ts";
import { VERSION } from "./package-root.ts";
import { reasonOf } from "./record-file.ts";
import { errorDocument, refuseForeignFile, writeJson } from "./report/json.ts";
import { Terminal } from "./report/terminal.ts";

/** Runs one command line and yields its exit code; errors are one line on stderr. */
export async function main(given: readonly string[]): Promise<ExitCode> {
  let argv = given;
  let exitCode: ExitCode = EXIT.ok;
  const program = newProgram((code) => {
    exitCode = code;
  });
  try {
    argv = await withPositionals(given);
    const target = jsonTarget(argv);
    if (typeof target === "string") await refuseForeignFile(target);
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok;
    return reportError(thrown instanceof CommanderError ? usageError(thrown) : thrown, argv);
  }
}

/** A reader that has seen enough, such as `head`, ends the program quietly; a full disk ends it with one line. */
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code === "EPIPE") process.exit();
  const error = new DecodeLabError("FILE_UNWRITABLE", `cannot write standard output: ${reasonOf(cause)}`, { cause });
  process.stderr.write(`${errorLine(error)}\n`);
  process.exit(error.exitCode);
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

/** The arguments, with the word after a bare `--json` given back where the command would take it as its positional. */
async function withPositionals(argv: readonly string[]): Promise<readonly string[]> {
  const command = COMMANDS.map((make) => make(() => {})).find((made) => made.name() === argv[0]);
  const index = argv.indexOf("--json");
  const word = argv[index + 1];
  if (command === undefined || index < 0 || word === undefined || word.startsWith("-")) return argv;
  const { operands } = command.configureOutput({ outputError: () => {} }).parseOptions(argv.slice(1));
  if (command.opts().json !== word || !(await isPositional(command.name(), word, operands))) return argv;
  return [...argv.slice(0, index), ...argv.slice(index + 1), "--json"];
}

/** `run` needs its launch file and `quantise` its checkpoint; the others take the name of something that there is, or of a kernel's source. */
async function isPositional(command: string, word: string, operands: readonly string[]): Promise<boolean> {
  if (command === "run" || command === "quantise") return operands.length === 0;
  return (command === "compile" && /\.(py|py:\w+|cu|cu:\w+)$/.test(word)) || namesSubject(word);
}

/**
 * The options are read from the raw arguments, since parsing may be what failed. A usage error never goes to a file:
 * what stands after `--json` may have been meant otherwise.
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
