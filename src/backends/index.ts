import { DecodeLabError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { cpuPtx } from "./cpu-ptx.ts";

/** Every backend that runs kernels; the float64 reference is reached through reference.ts. */
export const BACKENDS: readonly Backend[] = [cpuPtx];

export const DEFAULT_BACKEND = cpuPtx.name;

export function backendNamed(name: string): Backend {
  const backend = BACKENDS.find((candidate) => candidate.name === name);
  if (backend !== undefined) return backend;
  throw new DecodeLabError("BACKEND_MISSING", `this version has no backend \`${name}\``, {
    hint: `it has ${BACKENDS.map((candidate) => candidate.name).join(", ")}`,
  });
}
