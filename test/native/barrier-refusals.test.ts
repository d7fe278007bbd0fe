import { beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import { builds } from "./builds.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const UNSUPPORTED = "PTX_UNSUPPORTED";
const INVALID = "PTX_INVALID";

/** Target, instruction, code and a part of the message. */
const REFUSALS: [string, string, string, string][] = [
  ["sm_80", "bar.sync 16", INVALID, "barrier from 0 to 15, found 16"],
  ["sm_80", "bar.sync 0, 33", INVALID, "multiple of 32 as its thread count, found 33"],
  ["sm_80", "bar.arrive 0, 0", INVALID, "thread count, found 0"],
  ["sm_80", "bar.arrive 0", INVALID, "takes 2 operands"],
  ["sm_80", "bar.red.popc.s32 %r1, 0, %p1", INVALID, "takes .u32"],
  ["sm_80", "bar.red.and.u32 %r1, 0, %p1", INVALID, "takes .pred"],
  ["sm_80", "bar.red.xor.pred %p1, 0, %p1", INVALID, ".popc, .and or .or"],
  ["sm_80", "bar.red.popc.u32 _, 0, %p1", INVALID, "needs a destination"],
  ["sm_80", "bar.sync.aligned 0", UNSUPPORTED, "'.aligned'"],
  ["sm_80", "bar.warp.arrive 1", UNSUPPORTED, "bar.warp.arrive"],
  ["sm_80", "barrier.cluster.arrive", INVALID, "needs sm_90"],
  ["sm_90", "barrier.cluster.arrive.acquire", UNSUPPORTED, "'.acquire'"],
  ["sm_90", "barrier.cluster.wait.relaxed", UNSUPPORTED, "'.relaxed'"],
  ["sm_90", "barrier.cluster.sync", UNSUPPORTED, "without .arrive or .wait"],
  ["sm_80", "match.any.b32 %r1, %r1, -1", UNSUPPORTED, "without .sync"],
  ["sm_80", "match.any.sync.u32 %r1, %r1, -1", INVALID, "takes .b32 or .b64"],
  ["sm_80", "match.any.sync.b32 %r1|%p1, %r1, -1", INVALID, "no second destination"],
  ["sm_75", "redux.sync.add.u32 %r1, %r1, -1", INVALID, "needs sm_80"],
  ["sm_80", "redux.sync.add.b32 %r1, %r1, -1", INVALID, "takes .u32 or .s32"],
  ["sm_80", "redux.sync.xor.u32 %r1, %r1, -1", INVALID, "takes .b32"],
  ["sm_90", "redux.sync.min.f32 %f1, %f1, -1", UNSUPPORTED, "sm_100a"],
  ["sm_90", "redux.sync.max.abs.NaN.f32 %f1, %f1, -1", UNSUPPORTED, "sm_100a"],
  ["sm_80", "elect.sync %r1|%p1, -1", INVALID, "needs sm_90"],
  ["sm_90", "elect.sync %r1, -1", INVALID, "d|p"],
  ["sm_90", "elect.sync %r1|_, -1", INVALID, "d|p"],
  ["sm_80", "vote.all.pred %p1, %p1", UNSUPPORTED, "without .sync"],
  ["sm_80", "vote.sync.ballot.u32 %r1, %p1, -1", INVALID, "takes .b32"],
  ["sm_80", "activemask.u32 %r1", INVALID, "takes .b32"],
  ["sm_80", "shfl.idx.b32 %r1, %r1, 1, 31", UNSUPPORTED, "without .sync"],
  ["sm_80", "griddepcontrol.wait", INVALID, "needs sm_90"],
  ["sm_90", "griddepcontrol.arrive", UNSUPPORTED, "griddepcontrol.arrive"],
  ["sm_80", "nanosleep.s32 1", INVALID, "takes .u32"],
  ["sm_90a", "setmaxnreg.inc.sync.aligned.u32 25", INVALID, "multiple of 8 from 24 to 256, found 25"],
  ["sm_90a", "setmaxnreg.inc.aligned.u32 32", INVALID, "needs .sync.aligned"],
  ["sm_80", "pmevent 16", INVALID, "takes 0 to 15, found 16"],
  ["sm_80", "prefetch.shared.L1 [%rd1]", UNSUPPORTED, "'.shared'"],
  ["sm_80", "prefetch.local.L2::evict_last [%rd1]", INVALID, "for .global only"],
  ["sm_90", "prefetch.tensormap [%rd1]", UNSUPPORTED, "prefetch.tensormap"],
  ["sm_80", "prefetchu.L2 [%rd1]", INVALID, "needs .L1"],
  ["sm_80", "applypriority.global.L2::evict_normal [%rd1], 64", INVALID, "takes 128 bytes"],
  ["sm_80", "discard.global.L2 [%rd1], 128", UNSUPPORTED, "discard.global.L2"],
  ["sm_80", "mapa.shared::cluster.u32 %r1, %r1, 0", INVALID, "needs sm_90"],
  ["sm_90", "mapa.shared::cluster.b32 %r1, %r1, 0", INVALID, "takes .u32 or .u64"],
  ["sm_90", "getctarank.u32 %r1, %r1", UNSUPPORTED, "generic addresses of 32 bits"],
  ["sm_80", "cvta.global.u64 %rd1, tile", INVALID, "which lies in .shared"],
  ["sm_80", "cvta.to.shared.u64 %rd1, tile", INVALID, "which lies in .shared"],
  ["sm_80", "isspacep.shared::cluster %p1, %rd1", INVALID, "needs sm_90"],
  ["sm_80", "alloca.u64 %rd1, 16", UNSUPPORTED, "alloca.u64"],
  ["sm_80", "stacksave.u64 %rd1", UNSUPPORTED, "stacksave.u64"],
  ["sm_80", "stackrestore.u64 %rd1", UNSUPPORTED, "stackrestore.u64"],
];

/** What only shows when it runs: the instructions and how the run ends. */
const TRAPS: [string, string, string][] = [
  ["a barrier number out of range", "mov.u32 %r1, 16; barrier.sync %r1;", "barrier 16, 0 to 15 are there"],
  ["a thread count that is no multiple of 32", "mov.u32 %r1, 40; bar.sync 0, %r1;", "40 is no multiple of 32"],
  ["an arrival without a count", "mov.u32 %r1, 0; bar.arrive 0, %r1;", "needs a thread count, found 0"],
  [
    "two thread counts",
    "setp.lt.u32 %p1, %r2, 32; selp.u32 %r1, 64, 96, %p1; bar.sync 1, %r1;",
    "barrier 1 is awaited with 64 and with 96 threads",
  ],
  ["a rank that the cluster lacks", "mapa.shared::cluster.u32 %r1, %r1, 1;", "CTA rank 1 of a cluster of 1"],
];

function launchOf(target: string, text: string) {
  const ptx = `.version 8.8
.target ${target}
.address_size 64
.visible .entry k() {
.shared .align 4 .b8 tile[64];
.reg .pred %p<2>;
.reg .b32 %r<3>;
.reg .f32 %f<2>;
.reg .b64 %rd<2>;
mov.u32 %r1, 1; mov.u32 %r2, %tid.x; mov.f32 %f1, 0f00000000; mov.u64 %rd1, 0; setp.eq.u32 %p1, %r1, 1;
${text}
ret;
}
`;
  const launch = {
    ...{ ptx, ptxName: "k.ptx", entry: "k", grid: [1, 1, 1], block: [64, 1, 1], sharedBytes: 0, params: [] },
    ...{ limits: DEFAULT_LIMITS, threads: 1, cooperative: false },
  };
  return (seed: number) => ({ name: text, launch: { ...launch, seed } as never });
}

describe.each(builds().slice(0, 1))("barriers and warp-wide operations, $name", (build) => {
  let refused: Answer[];
  let trapped: Answer[][];

  beforeAll(async () => {
    refused = await runFixtures(
      build,
      REFUSALS.map(([target, instruction]) => launchOf(target, `${instruction};`)(0)),
    );
    trapped = await Promise.all(
      [0, 1, 5].map((seed) =>
        runFixtures(
          build,
          TRAPS.map(([, text]) => launchOf("sm_90", text)(seed)),
        ),
      ),
    );
  });

  it.each(REFUSALS.map((row, i) => [...row, i] as const))("%s refuses %s", (_target, _text, code, part, i) => {
    expect(refused[i]?.refused).toMatchObject({ code, message: expect.stringContaining(part) });
  });

  it.each(TRAPS.map(([title, , part], i) => [title, part, i] as const))("%s ends the run", (_title, part, i) => {
    for (const answers of trapped) {
      expect(answers[i]?.result).toMatchObject({ status: "trapped", reason: expect.stringContaining(part) });
    }
  });
});
