import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { DecodeLabError } from "./errors.ts";
import { reasonOf } from "./record-file.ts";

/** Writes a file that the user asked for, whole or part by part, and the folders above it; FILE_UNWRITABLE where that cannot be done. */
export async function writeOutputFile(
  file: string,
  content: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await writeFile(file, content);
  } catch (error) {
    throw new DecodeLabError("FILE_UNWRITABLE", `cannot write ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Step by step, since Node's recursive mkdir never returns below a folder such as /proc that takes no entries. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOneFolder(folder);
  } catch (error) {
    const parent = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === folder) throw error;
    await makeFolder(parent);
    await makeOneFolder(folder);
  }
}

async function makeOneFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is not a folder`);
  }
}
