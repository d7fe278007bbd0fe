import type { ModuleDescription, NativeLaunch, NativeProgress, NativeResult } from "../native/addon.ts";

/** Runs PTX; `execute` rejects with a DecodeLabError where the launch is refused. */
export interface Backend {
  name: string;
  /** What the verdict was reached on; part of every observation. */
  environment(): Record<string, string>;
  /** Entries of a PTX module; throws a DecodeLabError where it cannot be read. */
  describe(ptx: string, name: string): ModuleDescription;
  execute(launch: NativeLaunch, onProgress?: (progress: NativeProgress) => void): Promise<NativeResult>;
}
