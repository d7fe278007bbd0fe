import { expect, it } from "vitest";
import { decodeLab } from "./program.ts";
import { schemaErrors } from "./schema-validator.ts";

async function reportOf(side: "broken" | "twin", ...options: string[]) {
  const { exitCode, stdout } = await decodeLab("run", `test/e2e/hidden-race/${side}.launch.json`, ...options, "--json");
  const report = JSON.parse(stdout);
  expect(schemaErrors("report", report)).toEqual([]);
  return { exitCode, report };
}

it("finds in the unoptimised code the race that the optimiser dropped, with its source lines", async () => {
  const { exitCode, report } = await reportOf("broken");
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ status: "failed", passStatus: { optimised: "ok", unoptimised: "failed" } });
  expect(report.findings[0]).toMatchObject({
    check: "races",
    class: "intra-cta-shared",
    pass: "unoptimised",
    first: { file: "broken.cu", line: 10 },
    second: { file: "broken.cu", line: 12 },
  });
});

it("finds nothing in its twin, which has the barrier", async () => {
  const { exitCode, report } = await reportOf("twin");
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ status: "ok", findings: [], passStatus: { optimised: "ok", unoptimised: "ok" } });
});

it("says in the text which pass saw it, for how many schedules, and what the verdict holds for", async () => {
  const { stdout } = await decodeLab("run", "test/e2e/hidden-race/broken.launch.json", "--schedules", "3");
  expect(stdout).toMatch(/^ {2}= seen in 3 schedules, first seed 0; in the unoptimised pass alone$/m);
  expect(stdout).toMatch(/^passes {8}optimised ok, unoptimised failed$/m);
  expect(stdout).toMatch(/^schedules {5}verdict holds for every order; 3 were tried$/m);
});
