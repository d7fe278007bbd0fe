import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/random.ts";
import { builds } from "./builds.ts";
import { type RaceFixture, raceFixtures } from "./race-fixture.ts";
import { runFixtures } from "./run-fixtures.ts";

const MUTANTS = 600;
const LIMITS = { instructions: 20_000, seconds: 5, hostBytes: 5e8 };
const FRAGMENTS = [
  ...'{}[];,|!"<>',
  "bra L",
  "%r1",
  "0xffffffffffffffff",
  "bar.sync 1;",
  "ret;",
  "@%p1",
  "ld.global.v4.b32",
  ".reg .b32 %q<99>;",
  ".shared .b8 z[99999];",
  "99999999999999999999",
  ".loc 1 2 3",
  "shfl.sync.bfly.b32 %r1, %r1, 1, 31, -1;",
  "bar.warp.sync 1;",
  "/*",
  "1e400",
];

/** Broken text must end in a refusal or a verdict, never in a crash, a hang or a sanitizer's report. */
describe.each(builds())("mutated PTX, $name", (build) => {
  it(`answers ${MUTANTS} mutants`, async () => {
    const random = new RandomStream(1, "mutations");
    const originals = raceFixtures();
    const mutants = Array.from({ length: MUTANTS }, (_, index) => mutant(originals, random, index));
    const answers = await runFixtures(build, mutants);
    expect(answers.filter(({ refused }) => refused?.code === "PTX_SYNTAX").length).toBeGreaterThan(MUTANTS / 10);
    expect(answers.filter(({ result }) => result !== undefined).length).toBeGreaterThan(MUTANTS / 50);
    for (const { refused } of answers) expect(refused?.message ?? "").not.toContain("\n");
  });
});

function mutant(originals: readonly RaceFixture[], random: RandomStream, index: number) {
  const original = originals[random.integer(0, originals.length - 1)] as RaceFixture;
  let ptx = original.launch.ptx;
  for (let edits = random.integer(1, 3); edits > 0; edits--) ptx = edit(ptx, random);
  const launch = { ...original.launch, ptx, limits: LIMITS, threads: random.integer(1, 2) };
  return { name: `mutant ${index} of ${original.name}:\n${ptx}`, launch };
}

function edit(text: string, random: RandomStream): string {
  const at = random.integer(0, text.length);
  const lines = text.split("\n");
  const line = random.integer(0, lines.length - 1);
  switch (random.integer(0, 4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + random.integer(1, 20));
    case 2:
      return `${text.slice(0, at)} ${FRAGMENTS[random.integer(0, FRAGMENTS.length - 1)]} ${text.slice(at)}`;
    case 3:
      return lines.toSpliced(line, 1).join("\n");
    default:
      return lines.toSpliced(random.integer(0, lines.length), 0, lines[line] as string).join("\n");
  }
}
