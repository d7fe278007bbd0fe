import type { DecodeLabError } from "../errors.ts";
import { writeOutputFile } from "../output-file.ts";
import type { ErrorDocument } from "./documents.ts";
import type { Terminal } from "./terminal.ts";

/** `--json` is stdout, `--json FILE` a file, absent nothing. */
export type JsonTarget = string | true | undefined;

/** One JSON document to where `--json` says; non-finite numbers as strings. */
export async function writeJson(document: unknown, target: JsonTarget, terminal: Terminal): Promise<void> {
  if (target === undefined) return;
  const text = `${JSON.stringify(document, nonFiniteAsString, 2)}\n`;
  if (target === true) terminal.out(text);
  else await writeOutputFile(target, text);
}

export function errorDocument(error: DecodeLabError): ErrorDocument {
  return {
    schema: "decode-lab/error@1",
    code: error.code,
    message: error.message,
    hint: error.hint,
    exitCode: error.exitCode,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.at === undefined ? {} : { file: error.at.file }),
    ...(error.at === undefined || error.at.line === 0 ? {} : { line: error.at.line }),
  };
}

function nonFiniteAsString(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
