import type { Backend } from "../../src/backends/backend.ts";
import type { DecodeLabError } from "../../src/errors.ts";
import type { Finding } from "../../src/finding.ts";
import type { NativeLaunch, NativeResult } from "../../src/native/addon.ts";

const NO_TRAFFIC = {
  global: {
    loadRequests: 0,
    loadSectors: 0,
    loadBytes: 0,
    storeRequests: 0,
    storeSectors: 0,
    storeBytes: 0,
    uniqueBytesRead: 0,
    uniqueBytesWritten: 0,
  },
  shared: { loadRequests: 0, loadWavefronts: 0, storeRequests: 0, storeWavefronts: 0, bankConflicts: 0 },
};

/** What a fake kernel does: it writes bytes into its buffers by name, or reports findings. */
export interface FakeKernel {
  write?: (name: string, bytes: Uint8Array) => boolean;
  findings?: Finding[];
  /** Why the launch is refused instead. */
  refusal?: DecodeLabError;
}

/** A backend without a machine: buffers for which `write` yields true count as fully written, poisoned others as unwritten. */
export function fakeBackend(kernel: FakeKernel): Backend {
  return {
    name: "fake",
    environment: () => ({}),
    describe: () => ({ version: "8.8", target: "sm_80", entries: [], files: [] }),
    async execute(launch: NativeLaunch): Promise<NativeResult> {
      if (kernel.refusal !== undefined) throw kernel.refusal;
      const buffers = launch.params.flatMap((param) => {
        if (param.kind !== "buffer") return [];
        const size = param.bytes.byteLength;
        const written = kernel.write?.(param.name, param.bytes) === true;
        const unwritten = written || param.initialised ? 0 : size;
        return [
          {
            name: param.name,
            bytesRead: param.initialised ? size : 0,
            bytesWritten: written ? size : 0,
            uninitialisedBytes: unwritten,
            firstUninitialised: unwritten > 0 ? 0 : -1,
          },
        ];
      });
      return {
        status: "ok",
        reason: "",
        findings: kernel.findings ?? [],
        instructions: 1,
        laneOperations: 32,
        wallSeconds: 0,
        ctas: 1,
        traffic: NO_TRAFFIC,
        buffers,
      };
    },
  };
}
