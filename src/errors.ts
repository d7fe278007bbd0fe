/** Exit codes of every command; scripts outside the project rely on them. */
export const EXIT = { ok: 0, gateFailed: 1, usage: 2, environment: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type RefusedStatus = "invalid-launch" | "unsupported" | "timed-out";

interface ErrorKind {
  exitCode: ExitCode;
  status?: RefusedStatus;
}

/** What kind of refusal; each code belongs to one exit code and, where a launch was refused, to one report status. */
const ERROR_CODES = {
  USAGE: { exitCode: EXIT.usage },
  FILE_MISSING: { exitCode: EXIT.usage, status: "invalid-launch" },
  FILE_UNWRITABLE: { exitCode: EXIT.usage },
  PATH_ESCAPES: { exitCode: EXIT.usage, status: "invalid-launch" },
  SCHEMA: { exitCode: EXIT.usage, status: "invalid-launch" },
  LAUNCH_INVALID: { exitCode: EXIT.usage, status: "invalid-launch" },
  PTX_SYNTAX: { exitCode: EXIT.usage, status: "invalid-launch" },
  PTX_INVALID: { exitCode: EXIT.usage, status: "invalid-launch" },
  PTX_UNSUPPORTED: { exitCode: EXIT.environment, status: "unsupported" },
  HOST_MEMORY: { exitCode: EXIT.gateFailed, status: "timed-out" },
  ADDON_MISSING: { exitCode: EXIT.environment },
  BACKEND_MISSING: { exitCode: EXIT.environment },
  COMPILER_MISSING: { exitCode: EXIT.environment },
  COMPILE_FAILED: { exitCode: EXIT.usage },
  ARTIFACT_STALE: { exitCode: EXIT.environment },
  TENSOR_INVALID: { exitCode: EXIT.usage },
  CHECKPOINT_INVALID: { exitCode: EXIT.usage },
  CHECKPOINT_UNSUPPORTED: { exitCode: EXIT.usage },
  INTERNAL: { exitCode: EXIT.usage },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where in a file of the user's the error lies; line 0 means the file as a whole. */
export interface SourcePosition {
  file: string;
  line: number;
}

interface ErrorDetails {
  hint?: string;
  at?: SourcePosition;
  cause?: unknown;
}

/** The one error type that reaches a user: a code, one line that says what was asked, found and allowed, and a hint. */
export class DecodeLabError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly at: SourcePosition | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(oneLine(message), { cause: details.cause });
    this.name = "DecodeLabError";
    this.code = code;
    this.hint = oneLine(details.hint ?? "");
    this.at = details.at;
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code].exitCode;
  }

  /** The status of a report whose launch was refused so; undefined where no launch was concerned. */
  get status(): RefusedStatus | undefined {
    const kind: ErrorKind = ERROR_CODES[this.code];
    return kind.status;
  }
}

/** The same error with a position, unless it already has one. */
export function withPosition(error: DecodeLabError, at: SourcePosition): DecodeLabError {
  if (error.at !== undefined) return error;
  return new DecodeLabError(error.code, error.message, { hint: error.hint, at, cause: error.cause });
}

/** Anything thrown, as a DecodeLabError; an unforeseen one becomes INTERNAL and keeps its cause. */
export function asDecodeLabError(thrown: unknown): DecodeLabError {
  if (thrown instanceof DecodeLabError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new DecodeLabError("INTERNAL", message, {
    hint: "this is a fault of decode-lab: run again with --debug and report the stack trace",
    cause: thrown,
  });
}

/** The line on stderr: `decode-lab: CODE: message; hint (file:line)`. */
export function errorLine(error: DecodeLabError): string {
  const hint = error.hint === "" ? "" : `; ${error.hint}`;
  const position = error.at === undefined ? "" : ` (${positionText(error.at)})`;
  return `decode-lab: ${error.code}: ${error.message}${hint}${position}`;
}

function positionText(at: SourcePosition): string {
  return at.line > 0 ? `${at.file}:${at.line}` : at.file;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ").trim();
}
