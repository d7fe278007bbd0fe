import { beforeAll, describe, expect, it } from "vitest";
import { builds } from "./builds.ts";
import { raceFixtures } from "./race-fixture.ts";
import { runFixtures } from "./run-fixtures.ts";

const SEEDS = [0, 1, 2, 7];
const MOST_COLUMNS = 96;

/** Who waits where for whom, as a deadlock's notes say it. */
const NOTES: Record<string, string[]> = {
  "barrier-short-of-threads-yes.ptx": [
    "barrier 0 expects all 96 threads that have not exited, 64 came:",
    "  warps 1-2: waiting at bar.sync (PTX line 24)",
    "  did not come:",
    "    warp 0: waiting at barrier 1, bar.sync (PTX line 22)",
    "barrier 1 expects 64 threads, 32 came:",
    "  warp 0: waiting at bar.sync (PTX line 22)",
    "  did not come:",
    "    warps 1-2: waiting at barrier 0, bar.sync (PTX line 24)",
  ],
  "named-barrier-of-another-number-yes.ptx": [
    "barrier 1 expects 64 threads, 32 came:",
    "  warp 0: arrived at bar.arrive (PTX line 29) and went on",
    "barrier 2 expects 64 threads, 32 came:",
    "  warp 1: waiting at bar.sync (PTX line 32)",
    "  did not come:",
    "    warp 0: exited",
  ],
  "named-barrier-of-too-many-threads-yes.ptx": [
    "barrier 1 expects 96 threads, 64 came:",
    "  warp 0: arrived at bar.arrive (PTX line 30) and went on",
    "  warp 1: waiting at bar.sync (PTX line 33)",
    "  did not come: the CTA has no other threads",
  ],
  "cluster-barrier-of-one-warp-yes.ptx": [
    "barrier 0 expects all 64 threads that have not exited, 32 came:",
    "  warp 1: waiting at bar.sync (PTX line 29)",
    "  did not come:",
    "    warp 0: waiting for the cluster, barrier.cluster.wait.aligned (PTX line 28)",
    "the barrier of the cluster expects all 64 threads that have not exited, 32 arrived:",
    "  warp 0: arrived at barrier.cluster.arrive.aligned (PTX line 27)",
    "  did not arrive:",
    "    warp 1: waiting at barrier 0, bar.sync (PTX line 29)",
  ],
  "warp-sync-of-a-missing-lane-yes.ptx": [
    "lanes 0-4, 6-31 of warp 0: waiting at bar.warp.sync (PTX line 29), membermask 0xffffffff, for",
    "    lane 5: waiting for the rest of the warp at barrier 0, barrier.sync (PTX line 31)",
    "lane 5 of warp 0: waiting for the rest of the warp at barrier 0, barrier.sync (PTX line 31), but",
    "    lanes 0-4, 6-31: waiting at bar.warp.sync (PTX line 29), membermask 0xffffffff",
  ],
  "warp-syncs-of-two-masks-yes.ptx": [
    "lanes 16-31 of warp 0: waiting at bar.warp.sync (PTX line 29), membermask 0xffffffff, for",
    "    lanes 0-15: waiting at bar.warp.sync (PTX line 32), membermask 0x0001ffff",
    "lanes 0-15 of warp 0: waiting at bar.warp.sync (PTX line 32), membermask 0x0001ffff, for",
    "    lane 16: waiting at bar.warp.sync (PTX line 29), membermask 0xffffffff",
  ],
};

const launches = raceFixtures()
  .filter(({ name }) => name in NOTES)
  .flatMap(({ name, launch }) => SEEDS.map((seed) => ({ name, launch: { ...launch, seed } })));

describe.each(builds().slice(0, 1))("notes of a deadlock, $name", (build) => {
  let notes: Map<string, (string[] | undefined)[]>;

  beforeAll(async () => {
    const answers = await runFixtures(build, launches);
    notes = new Map(Object.keys(NOTES).map((name) => [name, []]));
    for (const [i, { name }] of launches.entries()) {
      const deadlock = answers[i]?.result?.findings.find(({ check }) => check === "deadlock");
      notes.get(name)?.push(deadlock?.notes);
    }
  });

  it.each(Object.entries(NOTES))("%s, whatever the seed", (name, expected) => {
    expect(notes.get(name)).toEqual(SEEDS.map(() => expected));
    for (const line of expected) expect(line.length).toBeLessThanOrEqual(MOST_COLUMNS);
  });
});
