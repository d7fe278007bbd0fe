import { beforeAll, describe, expect, it } from "vitest";
import { builds } from "./builds.ts";
import { corpusBytes, corpusLaunches } from "./fuzz-corpus.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const launches = corpusLaunches();
const CODES = ["PTX_SYNTAX", "PTX_INVALID", "PTX_UNSUPPORTED", "LAUNCH_INVALID", "HOST_MEMORY"];

const MOST_BYTES = 300_000;

it("keeps the fuzzers' inputs small", () => {
  expect(corpusBytes()).toBeLessThan(MOST_BYTES);
});

/** What the fuzzers kept: inputs that reach code which no fixture reaches. */
describe.each(builds())("inputs of the fuzzers, $name", (build) => {
  let alone: Answer[];
  let together: Answer[];

  beforeAll(async () => {
    alone = await runFixtures(build, launches);
    together = await runFixtures(
      build,
      launches.map(({ name, launch }) => ({ name, launch: { ...launch, threads: 3 } })),
    );
  });

  it("are refused or run", () => {
    expect(alone.filter(({ result }) => result !== undefined).length).toBeGreaterThan(launches.length / 10);
    const refusals = alone.flatMap(({ refused }) => refused ?? []);
    expect(refusals.filter(({ code }) => !CODES.includes(code))).toEqual([]);
    expect(refusals.filter(({ message }) => message.includes("\n"))).toEqual([]);
  });

  it("get the same answer from any number of workers", () => {
    const different = launches.filter((_, i) => text(alone[i] as Answer) !== text(together[i] as Answer));
    expect(different.map(({ name }) => name)).toEqual([]);
  });
});

function text({ result, ...rest }: Answer): string {
  return JSON.stringify({ ...rest, result: result && { ...result, wallSeconds: 0 } });
}
