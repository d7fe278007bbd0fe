import { readFile, stat } from "node:fs/promises";
import type { z } from "zod";
import { DecodeLabError } from "./errors.ts";
import { lineOfPath, lineOfSyntaxError } from "./json-position.ts";

/** A JSON record read and validated; SCHEMA names the file, the field and, for broken JSON, the line. */
export async function readRecord<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  const text = await readText(file);
  return parseRecord(text, schema, file);
}

/** UTF-8, with or without a byte order mark. */
async function readText(file: string): Promise<string> {
  const bytes = await readRegularFile(file).catch((cause) => {
    throw new DecodeLabError("FILE_MISSING", `cannot read ${file}: ${reasonOf(cause)}`, { cause });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DecodeLabError("SCHEMA", "not UTF-8 text", { at: { file, line: 0 }, cause });
  }
}

/** Bytes of a file; refuses what has no end or may never begin, such as a device or a FIFO. */
export async function readRegularFile(file: string): Promise<Buffer<ArrayBuffer>> {
  const kind = await stat(file);
  if (!kind.isFile() && !kind.isDirectory()) throw new Error("it is not a regular file");
  return readFile(file);
}

function parseRecord<Schema extends z.ZodType>(text: string, schema: Schema, file: string): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join(".") || "document";
  const line = lineOfPath(text, issue?.path ?? []);
  const message = issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message;
  throw new DecodeLabError("SCHEMA", `${field}: ${message}`, { at: { file, line } });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = { file, line: lineOfSyntaxError(text) };
    throw new DecodeLabError("SCHEMA", `not JSON: ${message}`, { at, cause: error });
  }
}

export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "permission denied";
  if (code === "ENOSPC") return "no space left";
  return error instanceof Error ? error.message : String(error);
}
