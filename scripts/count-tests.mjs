// Prints `N passed, N failed` over the results of vitest and pytest in a folder; a broken stage without a failed test counts as one.
// The exit code is 1 if anything failed or no test ran.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const read = (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : undefined);

/** Totals of vitest's JSON report; a file that could not be loaded is one failure. */
function vitestTotals(text) {
  if (text === undefined) return { passed: 0, failed: 0, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(text);
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length, skipped: numPendingTests };
}

/** Totals of pytest's JUnit report. */
function pytestTotals(text) {
  const suite = /<testsuite [^>]*>/.exec(text ?? "")?.[0] ?? "";
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  return { passed: count("tests") - failed - count("skipped"), failed, skipped: count("skipped") };
}

const stages = [
  { name: "npm test", totals: vitestTotals(read("vitest.json")) },
  { name: "npm run test:python", totals: pytestTotals(read("pytest.xml")) },
];
const broken = new Set((read("broken") ?? "").split("\n").filter(Boolean));
for (const { name, totals } of stages) {
  if (broken.has(name) && totals.failed === 0) totals.failed = 1;
}
const sum = (key) => stages.reduce((total, { totals }) => total + totals[key], 0);
const [passed, failed, skipped] = ["passed", "failed", "skipped"].map(sum);
const skippedText = skipped === 0 ? "" : `, ${skipped} skipped`;
process.stdout.write(`${passed} passed, ${failed} failed${skippedText}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
