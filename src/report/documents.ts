import { z } from "zod";
import { CHECK_NAMES, findingSchema } from "../finding.ts";
import { STATUSES, trafficSchema } from "../observation.ts";

const count = z.int().nonnegative();

const countsShape = Object.fromEntries(CHECK_NAMES.map((name) => [name, count])) as Record<
  (typeof CHECK_NAMES)[number],
  typeof count
>;

const reportFields = {
  status: z.enum(STATUSES),
  backend: z.string(),
  reason: z.string().optional().describe("why the run ended early or was refused"),
  findings: z.array(findingSchema),
  counts: z.strictObject(countsShape).describe("findings per check, warnings and notes included"),
  prints: z.array(z.string()).optional().describe("lines of the kernel's printf; absent if there are none"),
  instructions: count.optional().describe("warp instructions"),
  laneOperations: count.optional(),
  wallSeconds: z.number().nonnegative().optional(),
  traffic: trafficSchema.optional(),
  outputs: z.record(z.string(), z.strictObject({ sha256: z.string(), file: z.string().optional() })),
  schedules: z
    .strictObject({ count: z.int().positive(), scope: z.enum(["every-schedule", "schedules-seen"]) })
    .optional()
    .describe(
      "orders of the threads that were run, and what the verdict holds for; figures and outputs are the first's",
    ),
  outputsDiffer: z.array(z.string()).optional().describe("outputs whose bytes depend on the schedule"),
  passStatus: z
    .strictObject({ optimised: z.enum(STATUSES), unoptimised: z.enum(STATUSES) })
    .optional()
    .describe("of each pass, where code without optimisation ran too"),
};

/** What `run` yields. */
export const reportSchema = z.strictObject({ schema: z.literal("decode-lab/report@1"), ...reportFields });

export type Report = z.output<typeof reportSchema>;

const rowSchema = z.strictObject({
  op: z.string(),
  variant: z.string(),
  target: z.string(),
  workload: z.string(),
  seconds: z.number().nonnegative(),
  verdict: z.enum(["PASS", "FAIL"]),
  ...reportFields,
  figures: z.record(z.string(), z.number()).describe("what the checks measured, units in the names"),
  exhibit: z.string().optional(),
  expected: z.enum(CHECK_NAMES).nullable().optional().describe("check that must catch an exhibit; null for its twin"),
  expectedClass: z.string().optional().describe("class of that check's finding, where only one will do"),
  caught: z.boolean().optional().describe("whether the expected check, for a twin any check, found an error"),
});

export type CheckRow = z.output<typeof rowSchema>;

/** What `check` yields; with exhibits, a broken side passes by being caught. */
export const checkSchema = z.strictObject({
  schema: z.literal("decode-lab/check@1"),
  rows: z.array(rowSchema),
  counts: z.strictObject({ rows: count, passed: count, failed: count, ...countsShape }),
  seconds: z.number().nonnegative(),
});

export type CheckReport = z.output<typeof checkSchema>;

/** What `compile` yields. */
export const compileSchema = z.strictObject({
  schema: z.literal("decode-lab/compile@1"),
  artifacts: z.array(
    z.strictObject({
      artifact: z.string(),
      changed: z.boolean(),
      launch: z
        .strictObject({
          file: z.string(),
          action: z.enum(["written", "kept"]),
          missing: z.string().optional().describe("member that a kept file needs for what was compiled"),
        })
        .optional()
        .describe("launch file of a kernel of the user's own; one that is there is kept"),
    }),
  ),
  counts: z.strictObject({ changed: count, unchanged: count }),
});

export type CompileReport = z.output<typeof compileSchema>;

/** What any command yields instead of its document when it refuses. */
export const errorSchema = z.strictObject({
  schema: z.literal("decode-lab/error@1"),
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  exitCode: z.int(),
  status: z.enum(STATUSES).optional().describe("of a refused launch"),
  file: z.string().optional(),
  line: z.int().positive().optional(),
});

export type ErrorDocument = z.output<typeof errorSchema>;
