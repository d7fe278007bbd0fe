import { beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../src/finding.ts";
import { builds } from "./builds.ts";
import { fixturePairs, fixtureText, raceFixtures } from "./race-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const fixtures = raceFixtures();

describe.each(builds())("race fixtures, $name", (build) => {
  let answers: Map<string, Answer>;

  beforeAll(async () => {
    const given = await runFixtures(build, fixtures);
    answers = new Map(fixtures.map(({ name }, i) => [name, given[i] as Answer]));
  });

  it.each(fixtures)("$name", ({ name, expected }) => {
    const { refused, result } = answers.get(name) as Answer;
    expect(refused).toBeUndefined();
    expect(result?.findings.map(summary).sort(byText)).toEqual(expected.toSorted(byText));
    expect(result?.status).toBe(expectedStatus(expected));
  });
});

it("has each fixture in a pair whose two sides differ in one line of code", () => {
  expect(fixtures.length).toBe(2 * fixturePairs().length);
  for (const pair of fixturePairs()) {
    const yes = codeLines(`${pair}-yes.ptx`);
    const no = codeLines(`${pair}-no.ptx`);
    expect(lineDifference(yes, no), pair).toBe(1);
    const names = fixtures.filter(({ name }) => name.startsWith(`${pair}-`) && /-(yes|no)\.ptx$/.test(name));
    const expectations = new Map(names.map(({ name, expected }) => [name, expected.length > 0]));
    expect(expectations.get(`${pair}-yes.ptx`), pair).toBe(true);
    expect(expectations.get(`${pair}-no.ptx`), pair).toBe(false);
  }
});

function summary({ check, class: kind, severity, first, second }: Finding) {
  const lines = [first, second].flatMap((site) => (site === undefined ? [] : [site.ptxLine]));
  return { check, class: kind, severity, lines: lines.sort((left, right) => left - right) };
}

function byText(left: unknown, right: unknown): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

function expectedStatus(expected: readonly { check: string; severity: string }[]): string {
  if (expected.some(({ check }) => check === "deadlock")) return "deadlocked";
  return expected.some(({ severity }) => severity === "error") ? "failed" : "ok";
}

/** The file without its header, whose launch and expectation may differ. */
function codeLines(name: string): string[] {
  return fixtureText(name)
    .split("\n")
    .filter((line) => !line.startsWith("//"))
    .map((line) => line.trim());
}

/** Lines in which two texts differ; infinite if one is longer. */
function lineDifference(left: readonly string[], right: readonly string[]): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return left.filter((line, i) => line !== right[i]).length;
}
