import { z } from "zod";

/** The checks that can find something wrong; `traffic` does where a definition sets a limit. */
export const CHECK_NAMES = [
  "diff",
  "races",
  "bounds",
  "alignment",
  "initialised",
  "barriers",
  "deadlock",
  "assert",
  "traffic",
] as const;

export type CheckName = (typeof CHECK_NAMES)[number];

const dim3 = z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.int().nonnegative()]);

/** One thread at one instruction; `file` is "" and `line` 0 where the PTX has no line information. */
const siteSchema = z.strictObject({
  cta: dim3,
  thread: dim3,
  instruction: z.string(),
  file: z.string(),
  line: z.int().nonnegative(),
  ptxLine: z.int().nonnegative(),
});

export type Site = z.output<typeof siteSchema>;

export const findingSchema = z.strictObject({
  check: z.enum(CHECK_NAMES),
  class: z.string(),
  severity: z.enum(["error", "warning", "note"]),
  conflict: z.enum(["write-write", "write-read", "read-write"]).optional(),
  space: z.enum(["global", "shared", "local", "param", "const", "none"]),
  buffer: z.string().describe('"" where no buffer is concerned'),
  byteOffset: z.int(),
  bytes: z.int().nonnegative(),
  count: z
    .int()
    .positive()
    .describe("occurrences with the same pair of instructions; of several schedules the most in one"),
  first: siteSchema.optional(),
  second: siteSchema.optional(),
  message: z.string(),
  notes: z.array(z.string()).optional().describe("a deadlock: who waits for whom, a line each"),
  seenInSchedules: z.int().positive().optional().describe("how many of several schedules showed it"),
  firstSeed: z.int().nonnegative().optional().describe("seed of the first of several schedules that showed it"),
  pass: z
    .enum(["unoptimised", "both"])
    .optional()
    .describe("which code showed it, where two passes ran; absent: the optimised one alone"),
});

export type Finding = z.output<typeof findingSchema>;

export type Counts = Record<CheckName, number>;

/** Findings per check, warnings and notes included. */
export function countFindings(findings: readonly Finding[]): Counts {
  const counts = Object.fromEntries(CHECK_NAMES.map((name) => [name, 0])) as Counts;
  for (const finding of findings) counts[finding.check] += 1;
  return counts;
}

export function isError(finding: Finding): boolean {
  return finding.severity === "error";
}
