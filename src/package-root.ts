import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the package's package.json; this file lies one level below it, as source and as compiled code. */
export const PACKAGE_ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

export const KERNELS_FOLDER = join(PACKAGE_ROOT, "kernels", "decode_kernels");

export const VERSION: string = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")).version;
