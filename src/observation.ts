import { z } from "zod";
import { findingSchema } from "./finding.ts";

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
export const bufferUseSchema = z.strictObject({
  name: z.string(),
  bytesRead: count,
  bytesWritten: count,
  uninitialisedBytes: count,
  firstUninitialised: z.int().min(-1),
});

export type BufferUse = z.output<typeof bufferUseSchema>;

/** One run of one artifact on one workload by one backend. What was not observed is absent, never 0. */
export const observationSchema = z.strictObject({
  schema: z.literal("decode-lab/observation@1"),
  artifact: z.string().describe("id of the artifact record, or of the reference"),
  workload: z.string().describe("id of the workload record"),
  backend: z.string(),
  environment: z.record(z.string(), z.string()),
  status: z.enum(STATUSES),
  reason: z.string(),
  outputs: z.record(
    z.string(),
    z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  ),
  findings: z.array(findingSchema),
  instructions: count.optional(),
  laneOperations: count.optional(),
  wallSeconds: z.number().nonnegative().optional(),
  traffic: trafficSchema.optional(),
  buffers: z.array(bufferUseSchema).optional(),
  modifiedInputs: z.array(z.string()).optional(),
});

export type Observation = z.output<typeof observationSchema>;
