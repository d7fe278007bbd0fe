import { z } from "zod";
import type { Finding } from "./finding.ts";

const count = z.int().nonnegative();

export const trafficSchema = z.strictObject({
  global: z.strictObject({
    loadRequests: count,
    loadSectors: count,
    loadBytes: count,
    storeRequests: count,
    storeSectors: count,
    storeBytes: count,
    uniqueBytesRead: count,
    uniqueBytesWritten: count,
  }),
  shared: z.strictObject({
    loadRequests: count,
    loadWavefronts: count,
    storeRequests: count,
    storeWavefronts: count,
    bankConflicts: count,
  }),
});

export type Traffic = z.output<typeof trafficSchema>;

export const STATUSES = [
  "ok",
  "failed",
  "unsupported",
  "trapped",
  "deadlocked",
  "timed-out",
  "invalid-launch",
] as const;

export type Status = (typeof STATUSES)[number];

/** What a backend measured of one buffer: distinct bytes, and those still uninitialised after the run. */
export interface BufferUse {
  name: string;
  bytesRead: number;
  bytesWritten: number;
  uninitialisedBytes: number;
  /** Offset of the first of them; -1 if there are none. */
  firstUninitialised: number;
  /** Sectors of 32 bytes, counted at each request. */
  loadSectors: number;
  storeSectors: number;
}

/** One run of one artifact on one workload by one backend. What was not observed is absent, never 0. */
export interface Observation {
  schema: "decode-lab/observation@1";
  /** Ids of the artifact records, one a stage. */
  artifacts: string[];
  /** Id of the workload record. */
  workload: string;
  backend: string;
  environment: Record<string, string>;
  status: Status;
  /** Why the run ended early; "" if it did not. */
  reason: string;
  outputs: Record<string, Uint8Array>;
  findings: Finding[];
  /** Lines that the kernel printed. */
  prints?: string[];
  instructions?: number;
  laneOperations?: number;
  wallSeconds?: number;
  /** Whether the verdict holds for the order of threads that was run, and not for every order. */
  ordered?: boolean;
  traffic?: Traffic;
  buffers?: BufferUse[];
  modifiedInputs?: string[];
}
