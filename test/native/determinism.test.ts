import { beforeAll, describe, expect, it } from "vitest";
import type { Dim3 } from "../../src/native/addon.ts";
import { type Build, builds } from "./builds.ts";
import { type RaceFixture, raceFixtures } from "./race-fixture.ts";
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

/** Each CTA writes into a row of shadow memory that the others have written into, too. */
it("counts a CTA's findings alike whatever other CTAs left beside its bytes", async () => {
  const [build] = builds() as [Build];
  const { name, launch } = raceFixtures().find((each) => each.name === "same-place-in-each-cta-yes.ptx") as RaceFixture;
  const launches = [1, 2, 3].map((ctas) => ({ name, launch: { ...launch, grid: [ctas, 1, 1] as Dim3 } }));
  const counts = (await runFixtures(build, launches)).map(({ result }) => result?.findings[0]?.count as number);
  expect(counts[0]).toBeGreaterThan(0);
  expect(counts).toEqual([1, 2, 3].map((ctas) => ctas * (counts[0] as number)));
});

function withoutClock({ result, ...rest }: Answer) {
  return { ...rest, result: { ...result, wallSeconds: 0 } };
}
