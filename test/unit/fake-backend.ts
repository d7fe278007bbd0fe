import type { Backend } from "../../src/backends/backend.ts";
import type { DecodeLabError } from "../../src/errors.ts";
import type { Finding } from "../../src/finding.ts";
import type { EntryParameter, NativeLaunch, NativeResult } from "../../src/native/addon.ts";

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

/** What a fake kernel does: it writes bytes into its buffers by name, or reports findings; both may depend on the launch. */
export interface FakeKernel {
  write?: (name: string, bytes: Uint8Array, launch: NativeLaunch) => boolean;
  prints?: string[];
  findings?: Finding[] | ((launch: NativeLaunch) => Finding[]);
  status?: (launch: NativeLaunch) => NativeResult["status"];
  ordered?: boolean;
  /** Parameters of the one entry that `describe` tells of. */
  parameters?: EntryParameter[];
  /** Why the launch is refused instead. */
  refusal?: DecodeLabError;
}

/** A backend without a machine: buffers for which `write` yields true count as fully written, poisoned others as unwritten. */
export function fakeBackend(kernel: FakeKernel): Backend {
  return {
    name: "fake",
    environment: () => ({}),
    describe: () => {
      const entry = { name: "fake", parameters: kernel.parameters ?? [], reqntid: null, maxntid: null };
      return { version: "8.8", target: "sm_80", entries: [entry], files: [] };
    },
    async execute(launch: NativeLaunch): Promise<NativeResult> {
      if (kernel.refusal !== undefined) throw kernel.refusal;
      const buffers = launch.params.flatMap((param) => {
        if (param.kind !== "buffer") return [];
        const size = param.bytes.byteLength;
        const written = kernel.write?.(param.name, param.bytes, launch) === true;
        const unwritten = written || param.initialised ? 0 : size;
        return [
          {
            name: param.name,
            bytesRead: param.initialised ? size : 0,
            bytesWritten: written ? size : 0,
            uninitialisedBytes: unwritten,
            firstUninitialised: unwritten > 0 ? 0 : -1,
            loadSectors: 0,
            storeSectors: 0,
          },
        ];
      });
      const { findings = [] } = kernel;
      const status = kernel.status?.(launch) ?? "ok";
      return {
        status,
        reason: status === "ok" ? "" : `${status} by plan`,
        findings: typeof findings === "function" ? findings(launch) : findings,
        prints: kernel.prints ?? [],
        instructions: 1,
        laneOperations: 32,
        wallSeconds: 0,
        ordered: kernel.ordered ?? false,
        ctas: 1,
        traffic: NO_TRAFFIC,
        buffers,
      };
    },
  };
}
