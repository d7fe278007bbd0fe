import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { safetensorsParts, type TensorBytes } from "../../../src/int4/safetensors.ts";
import { PACKAGE_ROOT } from "../../../src/package-root.ts";

/** A folder that the test's end removes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "decode-lab-int4-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export type Tensors = Record<string, Omit<TensorBytes, "name">>;

export function writeTensors(file: string, tensors: Tensors): string {
  const parts = safetensorsParts(
    Object.entries(tensors).map(([name, tensor]) => ({ name, ...tensor })),
    {},
  );
  writeFileSync(file, Buffer.concat(parts));
  return file;
}

/** A model folder with these tensors in one file, and its config.json. */
export function modelFolder(tensors: Tensors, config?: unknown): string {
  const folder = temporaryFolder();
  writeTensors(join(folder, "model.safetensors"), tensors);
  if (config !== undefined) writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

/** Golden vectors that the Python tests use too; `bytes` decodes one of their base64 texts. */
export function golden(name: string): Record<string, string> & { vocab: number; hidden: number; groupSize: number } {
  return JSON.parse(readFileSync(join(PACKAGE_ROOT, "kernels", "tests", "golden", "int4", `${name}.json`), "utf8"));
}

export function bytes(base64: string | undefined): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64 ?? "", "base64"));
}
