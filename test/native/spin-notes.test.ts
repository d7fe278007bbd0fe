import { beforeAll, describe, expect, it } from "vitest";
import { type NativeLaunch, OBSERVERS } from "../../src/native/addon.ts";
import { builds } from "./builds.ts";
import { type RaceFixture, raceFixtures } from "./race-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const SEEDS = [0, 1, 2, 3, 4];
const MOST_COLUMNS = 96;

/** Who spins where on what, as a deadlock's notes say it. */
const NOTES: Record<string, string[]> = {
  "spin-flag-never-set-yes.ptx": [
    "warp 0: spinning at ld.acquire.gpu.global.u32 (PTX line 21)",
    "  on 4 bytes at offset 0 of 'flag': 0",
    "  last written by thread (0,0,0) of CTA (1,0,0), which has exited",
    "    at st.release.gpu.global.u32 (PTX line 27)",
  ],
  "spin-lock-not-released-yes.ptx": [
    "lane 0 of warp 1: spinning at atom.acquire.gpu.global.cas.b32 (PTX line 25)",
    "  on 4 bytes at offset 0 of 'lock': 1",
    "  last written by thread (0,0,0) of CTA (0,0,0), which has exited",
    "    at st.release.gpu.global.u32 (PTX line 31)",
  ],
  "spin-ctas-for-each-other-yes.ptx": [
    "CTA (0,0,0):",
    "  lane 0 of warp 0: spinning at ld.acquire.gpu.global.u32 (PTX line 29)",
    "    on 4 bytes at offset 4 of 'flags': 0",
    "    which no thread has written",
    "CTA (1,0,0):",
    "  lane 0 of warp 0: spinning at ld.acquire.gpu.global.u32 (PTX line 29)",
    "    on 4 bytes at offset 0 of 'flags': 0",
    "    which no thread has written",
  ],
  "spin-mbarrier-never-completes-yes.ptx": [
    "lane 0 of warps 0-1: spinning at mbarrier.try_wait.parity.shared.b64 (PTX line 30)",
    "  on 8 bytes at offset 0 of 'shared': phase 0, 1 of 65 arrivals to come",
    "  written, among others, by thread (31,0,0) of CTA (0,0,0), which has exited",
    "    at mbarrier.arrive.shared.b64 (PTX line 25)",
  ],
  "spin-behind-warp-sync-yes.ptx": [
    "lane 0 of warp 0: spinning at ld.acquire.gpu.global.u32 (PTX line 21)",
    "  on 4 bytes at offset 0 of 'flag': 0",
    "  which no thread has written",
    "lanes 1-31 of warp 0: waiting at bar.warp.sync (PTX line 26), membermask 0xffffffff, for",
    "    lane 0: spinning at ld.acquire.gpu.global.u32 (PTX line 21)",
  ],
  "spin-beside-barrier-yes.ptx": [
    "lane 0 of warp 0: spinning at ld.acquire.cta.shared.u32 (PTX line 27)",
    "  on 4 bytes at offset 0 of 'shared': 0",
    "  last written by thread (0,0,0) of CTA (0,0,0)",
    "    at st.shared.u32 (PTX line 21)",
    "barrier 0 expects all 64 threads that have not exited, 32 came:",
    "  warp 1: waiting at bar.sync (PTX line 31)",
    "  did not come:",
    "    lane 0 of warp 0: spinning at ld.acquire.cta.shared.u32 (PTX line 27)",
    "    lanes 1-31 of warp 0: waiting for the rest of the warp at barrier 0, bar.sync (PTX line 31)",
    "lanes 1-31 of warp 0: waiting for the rest of the warp at barrier 0, bar.sync (PTX line 31), but",
    "    lane 0: spinning at ld.acquire.cta.shared.u32 (PTX line 27)",
  ],
  "spin-on-vote-yes.ptx": [
    "lane 0 of warp 0: spinning at ld.acquire.gpu.global.u32 (PTX line 24)",
    "  on 4 bytes at offset 0 of 'flags': 0",
    "  which no thread has written",
    "lane 1 of warp 0: spinning at ld.acquire.gpu.global.u32 (PTX line 24)",
    "  on 4 bytes at offset 4 of 'flags': 0",
    "  which no thread has written",
    "lane 2 of warp 0: spinning at ld.acquire.gpu.global.u32 (PTX line 24)",
    "  on 4 bytes at offset 8 of 'flags': 0",
    "  which no thread has written",
    "  … and 29 places more that ld.acquire.gpu.global.u32 (PTX line 24) reads",
  ],
};

const fixtures = raceFixtures();
const spins = fixtures.filter(({ name }) => name.startsWith("spin-"));

const POLL = `.func (.reg .b32 %out) poll(.reg .b64 %at)
{
    ld.acquire.gpu.global.u32 %out, [%at];
    ret;
}
.visible .entry`;

/** A launch of one CTA that has `flag` in shared memory and a buffer `y` of 4 bytes at %rd1. */
function launchWith(body: string, threads: number): NativeLaunch {
  const { launch } = fixtures.find(({ name }) => name === "spin-beside-barrier-no.ptx") as RaceFixture;
  const head = launch.ptx.slice(0, launch.ptx.indexOf("    mov.u32 %r1, %tid.x;"));
  return { ...launch, ptx: `${head}${body}}\n`, block: [threads, 1, 1], grid: [1, 1, 1] };
}

/** Warp 0 arrives twice for warp 1, which then raises the flag that warp 2 spins on. */
const HELD_ARRIVAL = `
    mov.u32 %r1, %tid.x;
    mov.u32 %r2, flag;
    setp.eq.u32 %p1, %r1, 0;
    @%p1 st.shared.u32 [%r2], 0;
    bar.sync 0;
    setp.lt.u32 %p2, %r1, 32;
    @%p2 bra $L_ARRIVE;
    setp.lt.u32 %p3, %r1, 64;
    @%p3 bra $L_SYNC;
$L_SPIN:
    ld.acquire.cta.shared.u32 %r3, [%r2];
    setp.eq.u32 %p4, %r3, 0;
    @%p4 bra $L_SPIN;
    ret;
$L_SYNC:
    bar.sync 1, 96;
    setp.eq.u32 %p5, %r1, 32;
    @%p5 st.release.cta.shared.u32 [%r2], 1;
    ret;
$L_ARRIVE:
    bar.arrive 1, 96;
    bar.arrive 1, 96;
    ret;
`;

/** Each lane holds one bit of a counter; it counts to 2^18 - 1, and what a single lane holds comes back at once. */
const COUNTER_OF_LANES = `
    mov.u32 %r5, %lanemask_lt;
    mov.u32 %r3, 0;
$L_SPIN:
    ld.relaxed.gpu.global.u32 %r2, [%rd1];
    setp.ne.u32 %p1, %r3, 0;
    vote.sync.ballot.b32 %r4, %p1, -1;
    and.b32 %r6, %r4, %r5;
    setp.eq.u32 %p2, %r6, %r5;
    selp.u32 %r7, 1, 0, %p2;
    xor.b32 %r3, %r3, %r7;
    and.b32 %r8, %r4, 262143;
    setp.ne.u32 %p3, %r8, 262143;
    mov.u32 %r4, 0;
    mov.u32 %r6, 0;
    mov.u32 %r8, 0;
    @%p3 bra $L_SPIN;
    ret;
`;

/** Two CTAs take turns a thousand times; who has the turn computes for long and then hands it on. */
const TURNS = `
    mov.u32 %r1, %ctaid.x;
$L_SPIN:
    ld.acquire.gpu.global.u32 %r2, [%rd1];
    and.b32 %r3, %r2, 1;
    setp.ne.u32 %p1, %r3, %r1;
    @%p1 bra $L_SPIN;
    add.u32 %r5, %r2, 1;
    setp.ge.u32 %p2, %r2, 1000;
    @%p2 bra $L_LAST;
    mov.u32 %r4, 0;
$L_COMPUTE:
    add.u32 %r4, %r4, 1;
    setp.lt.u32 %p3, %r4, 1200;
    @%p3 bra $L_COMPUTE;
    st.release.gpu.global.u32 [%rd1], %r5;
    bra.uni $L_SPIN;
$L_LAST:
    st.release.gpu.global.u32 [%rd1], %r5;
    ret;
`;

/** Lane `i` stores to word `5 * i % 32`; lane 0 then spins on word 15. */
const SCATTERED_STORES = `
    mov.u32 %r1, %tid.x;
    mul.lo.u32 %r2, %r1, 20;
    and.b32 %r2, %r2, 127;
    cvt.u64.u32 %rd2, %r2;
    add.u64 %rd2, %rd2, %rd1;
    mov.u32 %r4, 0;
    st.global.u32 [%rd2], %r4;
    bar.sync 0;
    setp.ne.u32 %p1, %r1, 0;
    @%p1 bra $L_DONE;
$L_SPIN:
    ld.acquire.gpu.global.u32 %r3, [%rd1+60];
    setp.eq.u32 %p2, %r3, 0;
    @%p2 bra $L_SPIN;
$L_DONE:
    ret;
`;

function launchOf(fixture: string, change: Partial<NativeLaunch>, ...edits: [from: string, to: string][]) {
  const { name, launch } = fixtures.find(({ name }) => name === fixture) as RaceFixture;
  for (const [from] of edits) expect(launch.ptx).toContain(from);
  const ptx = edits.reduce((text, [from, to]) => text.replace(from, to), launch.ptx);
  return { name, launch: { ...launch, ...change, ptx } };
}

function limited(instructions: number): Partial<NativeLaunch> {
  return { limits: { instructions, seconds: 60, hostBytes: 5e8 } };
}

describe.each(builds().slice(0, 1))("spins, $name", (build) => {
  let perSeed: Answer[][];

  async function resultOf(launch: { name: string; launch: NativeLaunch }) {
    return (await runFixtures(build, [launch]))[0]?.result;
  }

  beforeAll(async () => {
    perSeed = [];
    for (const seed of SEEDS)
      perSeed.push(
        await runFixtures(
          build,
          spins.map(({ name, launch }) => ({ name, launch: { ...launch, seed } })),
        ),
      );
  }, 120_000);

  it.each(spins.map(({ name }, index) => ({ name, index })))("$name, whatever the seed", ({ name, index }) => {
    const statuses = perSeed.map((answers) => answers[index]?.result?.status);
    expect(statuses).toEqual(SEEDS.map(() => (name.endsWith("-yes.ptx") ? "deadlocked" : "ok")));
  });

  it.each(Object.entries(NOTES))("says who spins on what in %s", (name, expected) => {
    const index = spins.findIndex((fixture) => fixture.name === name);
    const deadlock = perSeed[0]?.[index]?.result?.findings[0];
    expect(deadlock?.notes).toEqual(expected);
    for (const line of deadlock?.notes ?? []) expect(line.length).toBeLessThanOrEqual(MOST_COLUMNS);
  });

  it("names the bytes in the finding", () => {
    const index = spins.findIndex(({ name }) => name === "spin-ctas-for-each-other-yes.ptx");
    const deadlock = perSeed[0]?.[index]?.result?.findings[0];
    expect(deadlock).toMatchObject({ check: "deadlock", space: "global", buffer: "flags", byteOffset: 4, bytes: 4 });
  });

  it("does not call a spin that waits for a time a deadlock", async () => {
    const clock = "mov.u32 %r3, %clock; shr.u32 %r3, %r3, 20;"; // the same for a million instructions
    const launch = launchOf("spin-bounded-no.ptx", {}, ["add.u32 %r3, %r3, 1;", clock], ["%r3, 1000000;", "%r3, 2;"]);
    expect((await resultOf(launch))?.status).toBe("ok");
  });

  it.each<[where: string, ...edits: [from: string, to: string][]]>([
    [
      "local memory",
      [
        "add.u32 %r3, %r3, 1;",
        "ld.local.u32 %r3, [count]; add.u32 %r3, %r3, 1; st.local.u32 [count], %r3; mov.u32 %r4, %r3; mov.u32 %r3, 0;",
      ],
      ["setp.lt.u32 %p3, %r3,", "setp.lt.u32 %p3, %r4,"],
      ["mov.u32 %r3, 0;", "mov.u32 %r3, 0; st.local.u32 [count], %r3;"],
      ["setp.eq.and.u32 %p2, %r2, 0, %p3;", "setp.eq.and.u32 %p2, %r2, 0, %p3; mov.u32 %r4, 0;"],
      [".reg .pred", ".local .align 4 .b8 count[4]; .reg .pred"],
    ],
    [
      "the caller's registers",
      [".visible .entry", POLL],
      ["ld.acquire.gpu.global.u32 %r2, [%rd1];\n    add", "call.uni (%r2), poll, (%rd1);\n    add"],
    ],
  ])("does not call a spin that counts in %s a deadlock", async (_where, ...edits) => {
    expect((await resultOf(launchOf("spin-bounded-no.ptx", {}, ...edits)))?.status).toBe("ok");
  });

  it("lets a second arrival at a barrier pass before it says that nobody goes on", async () => {
    const result = await resultOf({ name: "held arrival", launch: launchWith(HELD_ARRIVAL, 96) });
    expect(result?.findings.map(({ class: kind }) => kind)).toEqual(["barrier-reused-early"]);
    expect(result?.status).toBe("failed");
  });

  it("does not call lanes that count together a deadlock", async () => {
    const launch = { name: "counter of lanes", launch: launchWith(COUNTER_OF_LANES, 32) };
    expect((await resultOf(launch))?.status).toBe("ok");
  });

  it("does not call a lane that spins for a slow lane of its warp a deadlock", async () => {
    const slow = `mov.u32 %r4, 0;
$L_COMPUTE:
    add.u32 %r4, %r4, 1;
    setp.lt.u32 %p4, %r4, 300000;
    @%p4 bra $L_COMPUTE;`;
    expect((await resultOf(launchOf("spin-behind-warp-sync-no.ptx", {}, ["bar.warp.sync -2;", slow])))?.status).toBe(
      "ok",
    );
  });

  it("calls a spin a deadlock that stores what is there, and not one that stores something else", async () => {
    const storing = (values: number[]) =>
      resultOf(
        launchOf("spin-bounded-yes.ptx", limited(2e6), [
          "mov.u32 %r3, 1;\n    setp",
          `mov.u32 %r3, 1;\n${values.map((value) => `st.relaxed.gpu.global.u32 [%rd1], ${value};`).join("\n")}    setp`,
        ]),
      );
    expect((await storing([0]))?.status).toBe("deadlocked");
    expect((await storing([1, 0]))?.status).toBe("timed-out");
  });

  it.each([2, 3, 4])("does not call CTAs that take long turns a deadlock, seed %i", async (seed) => {
    const launch: NativeLaunch = { ...launchWith(TURNS, 1), grid: [2, 1, 1], seed };
    expect((await resultOf({ name: "turns", launch }))?.status).toBe("ok");
  });

  it("does not call a loop that reads no memory a deadlock", async () => {
    const launch = launchOf("spin-bounded-yes.ptx", limited(2e6), [
      "ld.acquire.gpu.global.u32 %r2, [%rd1];",
      "mov.u32 %r2, 0;",
    ]);
    expect((await resultOf(launch))?.status).toBe("timed-out");
  });

  it("cannot tell a spin from a computation that counts", async () => {
    const launch = launchOf("spin-flag-never-set-yes.ptx", limited(2e6), [
      "setp.eq.u32 %p2, %r2, 0;",
      "setp.eq.u32 %p2, %r2, 0; add.u32 %r4, %r4, 1;",
    ]);
    expect((await resultOf(launch))?.status).toBe("timed-out");
  });

  it("does not call CTAs that hand a counter to each other a deadlock", async () => {
    const launch = launchOf(
      "spin-by-exchange-no.ptx",
      limited(2e6),
      ["atom.acquire.gpu.global.exch.b32 %r3, [%rd1], 1;", "atom.relaxed.gpu.global.xor.b32 %r3, [%rd1], 1;"],
      ["setp.ne.u32 %p2, %r3, 0;", "setp.lt.u32 %p2, %r3, 2;"],
    );
    expect((await resultOf(launch))?.status).toBe("timed-out");
  });

  it("asks nobody who wrote the bytes where races are not looked for", async () => {
    const launch = launchOf("spin-flag-never-set-yes.ptx", {
      observers: OBSERVERS.filter((observer) => observer !== "races"),
    });
    const result = await resultOf(launch);
    expect(result?.status).toBe("deadlocked");
    expect(result?.findings[0]?.notes).toEqual(NOTES["spin-flag-never-set-yes.ptx"]?.slice(0, 2));
  });

  it("says who wrote one word of many that were stored one by one", async () => {
    const params = [{ kind: "buffer", name: "y", bytes: new Uint8Array(128), initialised: true } as const];
    const result = await resultOf({
      name: "scattered stores",
      launch: { ...launchWith(SCATTERED_STORES, 32), params },
    });
    expect(result?.findings[0]?.notes).toContain("  last written by thread (3,0,0) of CTA (0,0,0), which has exited");
  });

  it("keeps a spin on a plain load that another CTA may yet satisfy timed out", async () => {
    const weak: [string, string][] = [
      ["ld.acquire.gpu.global.u32", "ld.global.u32"],
      ["st.release.gpu.global.u32", "st.global.u32"],
    ];
    const name = "spin-flag-never-set-yes.ptx";
    expect((await resultOf(launchOf(name, limited(2e6), ...weak)))?.status).toBe("timed-out");
    expect((await resultOf(launchOf(name, { ...limited(2e6), grid: [1, 1, 1] }, ...weak)))?.status).toBe("deadlocked");
  });

  it("gives up the proof where the launch has no memory left for the state of a warp", async () => {
    const bytes = 400_000; // of local memory per thread, of which a warp has 32 stacks, charged twice
    const withSpare = (spare: number) =>
      resultOf(
        launchOf(
          "spin-lock-not-released-yes.ptx",
          { limits: { instructions: 1e6, seconds: 60, hostBytes: 2 * 2 * 32 * bytes + spare } },
          [".reg .pred", `.local .align 4 .b8 stack[${bytes}]; .reg .pred`],
        ),
      );
    expect((await withSpare(bytes / 2))?.status).toBe("timed-out");
    expect((await withSpare(2 * bytes))?.status).toBe("deadlocked");
  });
});
