import { beforeAll, describe, expect, it } from "vitest";
import { builds } from "./builds.ts";
import { expectedVerdict, fixturePairs, fixtureText, raceFixtures, verdictOf } from "./race-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const fixtures = raceFixtures();

describe.each(builds())("race fixtures, $name", (build) => {
  let answers: Map<string, Answer>;

  beforeAll(async () => {
    const given = await runFixtures(build, fixtures);
    answers = new Map(fixtures.map(({ name }, i) => [name, given[i] as Answer]));
  });

  it.each(fixtures)("$name", ({ name, expected }) => {
    expect(verdictOf(answers.get(name) as Answer)).toEqual(expectedVerdict(expected));
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
