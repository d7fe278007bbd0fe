import { beforeAll, describe, expect, it } from "vitest";
import type { NativeResult } from "../../src/native/addon.ts";
import { builds } from "./builds.ts";
import { raceFixtures } from "./race-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const THREADS = [1, 2, 3];
const SEEDS = [0, 1, 2, 7];

/** Racy or not, a launch gives the same findings, counts and bytes for any number of workers. */
const grids = raceFixtures().filter(({ launch }) => launch.grid.some((extent) => extent > 1));

describe.each(builds())("any number of workers, $name", (build) => {
  let answers: Answer[][];

  beforeAll(async () => {
    answers = await Promise.all(
      THREADS.map((threads) =>
        runFixtures(
          build,
          grids.map(({ name, launch }) => ({ name, launch: { ...launch, threads } })),
        ),
      ),
    );
  });

  it.each(grids.map(({ name }, index) => ({ name, index })))("$name", ({ index }) => {
    const [alone, ...others] = answers.map((list) => withoutClock(list[index] as Answer));
    for (const other of others) expect(other).toEqual(alone);
  });
});

/** A seed orders the warps; no verdict depends on it. */
describe.each(builds().slice(0, 1))("any seed, $name", (build) => {
  it("ends in the same status with errors of the same classes", async () => {
    const fixtures = raceFixtures();
    const perSeed = await Promise.all(
      SEEDS.map((seed) =>
        runFixtures(
          build,
          fixtures.map(({ name, launch }) => ({ name, launch: { ...launch, seed } })),
        ),
      ),
    );
    const [first, ...others] = perSeed.map((answers) => answers.map(({ result }) => verdictOf(result)));
    for (const other of others) expect(other).toEqual(first);
  });
});

function withoutClock({ result, ...rest }: Answer) {
  return { ...rest, result: { ...result, wallSeconds: 0 } };
}

/** Which of several racing instructions meet first depends on the seed; that they race does not. */
function verdictOf(result: NativeResult | undefined) {
  const errors = result?.findings.filter(({ severity }) => severity === "error");
  const classes = errors?.map(({ check, class: kind }) => `${check} ${kind}`);
  return { status: result?.status, classes: [...new Set(classes)].sort() };
}
