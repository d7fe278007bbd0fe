import { DecodeLabError } from "../errors.ts";
import { writeOutputFile } from "../output-file.ts";
import { readRegularFile } from "../record-file.ts";
import { checkSchema, compileSchema, type ErrorDocument, errorSchema, reportSchema } from "./documents.ts";
import { quantiseSchema } from "./quantise-document.ts";
import type { Terminal } from "./terminal.ts";

/** `--json` is stdout, `--json FILE` a file, absent nothing. */
export type JsonTarget = string | true | undefined;

/** One JSON document to where `--json` says; non-finite numbers as strings. */
export async function writeJson(document: unknown, target: JsonTarget, terminal: Terminal): Promise<void> {
  if (target === undefined) return;
  const text = `${JSON.stringify(document, nonFiniteAsString, 2)}\n`;
  if (target === true) terminal.out(text);
  else {
    await refuseForeignFile(target);
    await writeOutputFile(target, text);
  }
}

const OWN_SCHEMAS = [reportSchema, checkSchema, compileSchema, quantiseSchema, errorSchema].map(
  ({ shape }) => shape.schema.value,
);

/** FILE_UNWRITABLE where a file with content that decode-lab did not write would be lost. */
export async function refuseForeignFile(file: string): Promise<void> {
  const text = await readRegularFile(file).then(String, () => "");
  if (text === "" || OWN_SCHEMAS.some((schema) => schema === schemaOf(text))) return;
  throw new DecodeLabError("FILE_UNWRITABLE", `${file} is there and no document of decode-lab`, {
    hint: "--json FILE replaces only what it wrote",
  });
}

function schemaOf(text: string): unknown {
  try {
    return JSON.parse(text)?.schema;
  } catch {
    return undefined;
  }
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
