import { beforeAll, describe, expect, it } from "vitest";
import { builds } from "./builds.ts";
import { raceFixtures } from "./race-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const THREADS = [1, 2, 3];

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

function withoutClock({ result, ...rest }: Answer) {
  return { ...rest, result: { ...result, wallSeconds: 0 } };
}
