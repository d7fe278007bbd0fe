import { describe, expect, it } from "vitest";
import type { CheckRow } from "../../src/report/documents.ts";
import { decodeLab } from "./program.ts";
import { schemaErrors } from "./schema-validator.ts";

describe("check --quick", () => {
  it("prints a table of 100 columns with a verdict for each row and exits with 0", async () => {
    const { exitCode, stdout, stderr } = await decodeLab("check", "--quick");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const rows = lines.filter((line) => /^[a-z0-9-]+ +sm_(80|90) .* PASS$/.test(line));
    expect(lines.at(-1)).toMatch(new RegExp(`^${rows.length} rows: ${rows.length} passed, 0 failed in [\\d.]+ s$`));
    expect(rows.length).toBeGreaterThanOrEqual(16);
  });

  it("yields a document valid under the published schema, the same each time but for the time", async () => {
    const documents = await Promise.all(
      [1, 2].map(async () => JSON.parse((await decodeLab("check", "--quick", "--json")).stdout)),
    );
    const [document] = documents;
    expect(schemaErrors("check", document)).toEqual([]);
    expect(document.counts).toMatchObject({ failed: 0, diff: 0 });
    const severities = document.rows.flatMap(({ findings }: CheckRow) => findings.map(({ severity }) => severity));
    expect(severities).not.toContain("error");
    expect(withoutTimes(documents[1])).toEqual(withoutTimes(document));
  });
});

it("runs only what is selected", async () => {
  const selection = ["qnorm_rope/cuda", "--target", "sm_90", "--workload", "full-t1"];
  const { stdout } = await decodeLab("check", ...selection, "--json");
  const { rows } = JSON.parse(stdout);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ op: "qnorm_rope", variant: "cuda", target: "sm_90", workload: "full-t1" });
});

it("runs each row under several schedules", async () => {
  const { exitCode, stdout } = await decodeLab("check", "--workload", "full-t1", "--schedules", "2", "--json");
  const document = JSON.parse(stdout);
  expect(schemaErrors("check", document)).toEqual([]);
  expect(exitCode).toBe(0);
  for (const { schedules } of document.rows) expect(schedules).toEqual({ count: 2, scope: "every-schedule" });
});

it("gives rows in CUDA a second pass over code that it compiles for the run", async ({ skip }) => {
  const selection = ["qnorm_rope", "--target", "sm_80", "--workload", "full-t1"];
  const { exitCode, stdout, stderr } = await decodeLab("check", ...selection, "--unoptimised", "--json");
  if (exitCode === 3 && stderr.startsWith("decode-lab: COMPILER_MISSING: ")) skip("nvcc is missing");
  const document = JSON.parse(stdout);
  expect(schemaErrors("check", document)).toEqual([]);
  const passes = document.rows.map(({ variant, passStatus }: CheckRow) => [variant, passStatus]);
  expect(Object.fromEntries(passes)).toEqual({
    triton: undefined,
    cuda: { optimised: "ok", unoptimised: "ok" },
  });
});

describe("check --exhibits", () => {
  it("has every broken side caught by the right check and every twin pass", async () => {
    const { exitCode, stdout } = await decodeLab("check", "--exhibits", "--json");
    const document = JSON.parse(stdout);
    expect(schemaErrors("check", document)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(document.rows.length).toBeGreaterThanOrEqual(12);
    for (const { expected, caught, verdict } of document.rows) {
      expect({ caught, verdict }).toEqual({ caught: expected !== null, verdict: "PASS" });
    }
  });

  it("names both source lines of the store that is reloaded without a barrier, and two threads", async () => {
    const { stdout } = await decodeLab("check", "--exhibits", "qnorm_rope/store-reload-race", "--json");
    const [broken, twin] = JSON.parse(stdout).rows;
    const race = broken.findings.find(({ check }: { check: string }) => check === "races");
    expect(race).toMatchObject({
      class: "intra-cta-global",
      first: { file: expect.stringMatching(/store-reload-race\/broken\.py$/), line: expect.any(Number) },
      second: { file: expect.stringMatching(/store-reload-race\/broken\.py$/), line: expect.any(Number) },
    });
    expect(race.second.line).not.toBe(race.first.line);
    expect(race.second.thread).not.toEqual(race.first.thread);
    expect(twin.findings).toEqual([]);
  });
});

interface Timed {
  seconds?: number;
  wallSeconds?: number;
  rows?: Timed[];
}

function withoutTimes({ seconds: _, wallSeconds: __, rows, ...rest }: Timed): unknown {
  return { ...rest, rows: rows?.map(withoutTimes) };
}
