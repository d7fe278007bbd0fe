import { arch, platform } from "node:os";
import { loadAddon, type NativeLaunch, type NativeProgress, refusal } from "../native/addon.ts";
import { VERSION } from "../package-root.ts";
import type { Backend } from "./backend.ts";

/** The PTX machine of native/, on the CPU; it judges memory accesses where they happen. */
export const cpuPtx: Backend = {
  name: "cpu-ptx",
  environment: () => ({ device: `${platform()} ${arch()}`, version: VERSION }),
  describe(ptx: string, name: string) {
    try {
      return loadAddon().describe(ptx);
    } catch (error) {
      throw refusal(error, name);
    }
  },
  async execute(launch: NativeLaunch, onProgress?: (progress: NativeProgress) => void) {
    try {
      return await loadAddon().run(launch, onProgress);
    } catch (error) {
      throw refusal(error, launch.ptxName);
    }
  },
};
