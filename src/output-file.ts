import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { DecodeLabError } from "./errors.ts";
import { reasonOf } from "./record-file.ts";

/** Writes a file that the user asked for, and the folders above it; FILE_UNWRITABLE where that cannot be done. */
export async function writeOutputFile(file: string, content: Uint8Array | string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    throw new DecodeLabError("FILE_UNWRITABLE", `cannot write ${file}: ${reasonOf(error)}`, { cause: error });
  }
}
