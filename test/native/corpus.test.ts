import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { run } from "../../src/verbs/run.ts";

const FOLDER = join(PACKAGE_ROOT, "test", "corpus");

/** Kernels whose lanes store one value to one place, as Triton's layout conversions do; every other one has no finding at all. */
const REDUNDANT_STORES: Record<string, string[]> = {
  "triton-gemv": ["warning same-value-write"],
  "triton-int4-gemv": ["warning same-value-write"],
  "triton-histogram": ["warning same-value-write"],
  "triton-decode-attention-merge": ["warning near-value-write"],
  "triton-decode-attention-split": ["warning same-value-write"],
};

const launches = readdirSync(FOLDER).flatMap((kernel) =>
  readdirSync(join(FOLDER, kernel))
    .filter((file) => /^launch.*\.json$/.test(file))
    .map((file) => ({ kernel, file })),
);

it.each(launches)("$kernel, $file: no race, and the values that were expected", async ({ kernel, file }) => {
  const { report } = await run(join(FOLDER, kernel, file));
  const classes = new Set(report.findings.map(({ class: kind, severity }) => `${severity} ${kind}`));
  expect([...classes]).toEqual(REDUNDANT_STORES[kernel] ?? []);
  expect(report.status).toBe("ok");
});
