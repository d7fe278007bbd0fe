import { expect, it } from "vitest";
import { bestBuild } from "./builds.ts";
import { expectedVerdict, raceFixtures, verdictOf } from "./race-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

/** A seed orders warps and CTAs; no fixture's verdict depends on it. */
it(`gives every race fixture its findings under seeds 0 to ${SEEDS.length - 1}`, async () => {
  const fixtures = raceFixtures();
  const runs = SEEDS.flatMap((seed) =>
    fixtures.map(({ name, launch, expected }) => ({
      name: `${name}, seed ${seed}`,
      launch: { ...launch, seed },
      expected,
    })),
  );
  const half = Math.ceil(runs.length / 2);
  const answers = await Promise.all(
    [runs.slice(0, half), runs.slice(half)].map((part) => runFixtures(bestBuild(), part)),
  );
  const verdicts = answers.flat().map((answer: Answer, i) => ({ run: runs[i]?.name, ...verdictOf(answer) }));
  expect(verdicts).toEqual(runs.map(({ name, expected }) => ({ run: name, ...expectedVerdict(expected) })));
});
