import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DecodeLabError } from "../errors.ts";
import type { Finding } from "../finding.ts";
import type { BufferUse, Traffic } from "../observation.ts";
import { PACKAGE_ROOT } from "../package-root.ts";

/** Typed mirror of native/addon; what the C++ code takes and gives, in plain values. */
export interface Addon {
  /** Best instruction set level of this CPU: one of LEVELS. */
  cpuLevel(): Level;
  /** Entries and their parameters; throws NativeError. */
  describe(ptx: string): ModuleDescription;
  /** Rejects with NativeError where the launch is refused. Buffers are read and written in place. */
  run(launch: NativeLaunch, onProgress?: (progress: NativeProgress) => void): Promise<NativeResult>;
}

/** `line` is the PTX line, 0 where no line is meant. */
export interface NativeError extends Error {
  code: "PTX_SYNTAX" | "PTX_UNSUPPORTED" | "PTX_INVALID" | "LAUNCH_INVALID" | "HOST_MEMORY";
  line: number;
}

export interface ModuleDescription {
  version: string;
  target: string;
  entries: EntryDescription[];
  files: string[];
}

export interface EntryDescription {
  name: string;
  parameters: EntryParameter[];
  reqntid: Dim3 | null;
  maxntid: Dim3 | null;
}

export interface EntryParameter {
  name: string;
  /** PTX type without the dot, for instance `u64`. */
  type: string;
  size: number;
  align: number;
  pointer: boolean;
}

export type Dim3 = [number, number, number];

export type NativeParameter =
  | {
      kind: "buffer";
      name: string;
      bytes: Uint8Array;
      initialised: boolean;
      /** One bit per byte that launches before this one wrote; this one adds to it. */
      writtenBefore?: Uint8Array;
    }
  | { kind: "scalar"; name: string; bytes: Uint8Array }
  | { kind: "null"; name: string };

export interface Limits {
  /** Warp instructions. */
  instructions: number;
  seconds: number;
  hostBytes: number;
}

export interface NativeLaunch {
  ptx: string;
  ptxName: string;
  entry: string;
  grid: Dim3;
  block: Dim3;
  /** Dynamic shared bytes. */
  sharedBytes: number;
  /** Every CTA of the grid is resident at once. */
  cooperative: boolean;
  /** One per parameter of the entry, in order. */
  params: NativeParameter[];
  limits: Limits;
  seed: number;
  threads: number;
  /** Who hears of the launch; all, if left out. Fewer are for measuring what each costs, never for a verdict. */
  observers?: readonly Observer[];
}

export const OBSERVERS = ["races", "faults", "initialised", "traffic"] as const;
export type Observer = (typeof OBSERVERS)[number];

export interface NativeProgress {
  instructions: number;
  ctasDone: number;
  ctas: number;
}

export interface NativeResult {
  status: "ok" | "failed" | "trapped" | "deadlocked" | "timed-out";
  reason: string;
  findings: Finding[];
  /** Lines of the kernel's printf, CTA by CTA, cut after 1 MiB. */
  prints: string[];
  instructions: number;
  laneOperations: number;
  wallSeconds: number;
  /** Threads met through atomics or strong accesses, so that the verdict holds for the order that was run. */
  ordered: boolean;
  ctas: number;
  traffic: Traffic;
  /** One per buffer parameter, in order. */
  buffers: BufferUse[];
}

/** From plainest to best; `base` is the one level of a CPU that is not x86-64. */
export const LEVELS = ["base", "x86-64-v2", "x86-64-v3", "x86-64-v4"] as const;
type Level = (typeof LEVELS)[number];

const require = createRequire(import.meta.url);
const loaded = new Map<string, Addon>();

/** The addon from a build folder, in the best level that both the CPU and the folder have; ADDON_MISSING without any. */
export function loadAddon(folder: string = join(PACKAGE_ROOT, "build", "Release")): Addon {
  const known = loaded.get(folder);
  if (known !== undefined) return known;
  const present = LEVELS.filter((level) => existsSync(addonFile(folder, level)));
  const [plainest] = present;
  if (plainest === undefined) {
    throw new DecodeLabError("ADDON_MISSING", `no decode_lab.<level>.node in ${folder}`, {
      hint: "build it with `npm run build:native` (needs cmake and a C++20 compiler)",
    });
  }
  const first = loadFile(folder, plainest);
  const reachable = LEVELS.indexOf(first.cpuLevel());
  const best = present.filter((level) => LEVELS.indexOf(level) <= reachable).at(-1) ?? plainest;
  const addon = best === plainest ? first : loadFile(folder, best);
  loaded.set(folder, addon);
  return addon;
}

function loadFile(folder: string, level: Level): Addon {
  const file = addonFile(folder, level);
  try {
    const native = require(file) as Addon;
    return { ...native, run: (launch, onProgress) => native.run({ observers: OBSERVERS, ...launch }, onProgress) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DecodeLabError("ADDON_MISSING", `cannot load ${file}: ${reason}`, {
      hint: "rebuild it with `npm run build:native`",
      cause: error,
    });
  }
}

function addonFile(folder: string, level: Level): string {
  return join(folder, `decode_lab.${level}.node`);
}

const NATIVE_CODES = new Set<string>(["PTX_SYNTAX", "PTX_UNSUPPORTED", "PTX_INVALID", "LAUNCH_INVALID", "HOST_MEMORY"]);

/** An error of the addon as one of ours, at its line of the PTX file; any other error as it was. */
export function refusal(thrown: unknown, ptxFile: string): unknown {
  const { code, line = 0, message } = thrown as Partial<NativeError>;
  if (code === undefined || message === undefined || !NATIVE_CODES.has(code)) return thrown;
  const at = line > 0 || code.startsWith("PTX_") ? { at: { file: ptxFile, line } } : {};
  const hint = code === "PTX_UNSUPPORTED" ? "docs/machine.md says what runs" : "";
  return new DecodeLabError(code, message, { ...at, hint, cause: thrown });
}
