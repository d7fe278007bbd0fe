import { beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { builds } from "./builds.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

/** What an instruction needs: %p predicates, %h, %r, %d registers of 16, 32 and 64 bits, all defined. */
function launchOf(target: string, instruction: string): NativeLaunch {
  const defined = [0, 1, 2, 3].map(
    (i) => `setp.eq.u32 %p${i}, 0, 0; mov.b16 %h${i}, 1; mov.b32 %r${i}, 1; mov.b64 %d${i}, 1;`,
  );
  const ptx = `.version 9.0
.target ${target}
.address_size 64
.visible .entry rule()
{
.reg .pred %p<4>; .reg .b16 %h<4>; .reg .b32 %r<4>; .reg .b64 %d<4>;
${defined.join("\n")}
${instruction};
ret;
}
`;
  const shape = {
    grid: [1, 1, 1] as NativeLaunch["grid"],
    block: [1, 1, 1] as NativeLaunch["block"],
    sharedBytes: 0,
    cooperative: false,
  };
  return { ptx, ptxName: "rule.ptx", entry: "rule", ...shape, params: [], limits: DEFAULT_LIMITS, seed: 0, threads: 1 };
}

/** The first target that has the instruction, and one before it; memory is not accessed. */
const TARGETS: [instruction: string, first: number, before: number][] = [
  ["add.u16x2 %r0, %r1, %r2", 90, 89],
  ["min.s16x2 %r0, %r1, %r2", 90, 80],
  ["max.relu.s32 %r0, %r1, %r2", 90, 89],
  ["add.bf16 %h0, %h1, %h2", 90, 89],
  ["mul.bf16x2 %r0, %r1, %r2", 90, 80],
  ["fma.rn.bf16 %h0, %h1, %h2, %h3", 80, 75],
  ["fma.rn.relu.f16x2 %r0, %r1, %r2, %r3", 80, 75],
  ["neg.bf16x2 %r0, %r1", 80, 75],
  ["min.f16 %h0, %h1, %h2", 80, 75],
  ["max.NaN.f32 %r0, %r1, %r2", 80, 75],
  ["min.xorsign.abs.f32 %r0, %r1, %r2", 86, 80],
  ["max.NaN.xorsign.abs.bf16x2 %r0, %r1, %r2", 86, 80],
  ["tanh.approx.f32 %r0, %r1", 75, 72],
  ["tanh.approx.bf16 %h0, %h1", 90, 89],
  ["ex2.approx.f16 %h0, %h1", 75, 72],
  ["ex2.approx.ftz.bf16x2 %r0, %r1", 90, 80],
  ["setp.lt.bf16 %p0, %h1, %h2", 90, 80],
  ["set.lt.bf16.f16 %h0, %h1, %h2", 90, 80],
  ["cvt.f32.bf16 %r0, %h1", 80, 75],
  ["cvt.ftz.f32.bf16 %r0, %h1", 90, 80],
  ["cvt.rn.bf16.s32 %h0, %r1", 90, 80],
  ["cvt.rn.relu.f16.f32 %h0, %r1", 80, 75],
  ["cvt.rz.bf16x2.f32 %r0, %r1, %r2", 80, 75],
  ["cvt.rna.tf32.f32 %r0, %r1", 80, 75],
  ["cvt.rn.tf32.f32 %r0, %r1", 90, 89],
  ["cvt.rn.satfinite.e4m3x2.f32 %h0, %r1, %r2", 89, 86],
  ["cvt.rn.f16x2.e5m2x2 %r0, %h1", 89, 80],
  ["cvt.pack.sat.u8.s32.b32 %r0, %r1, %r2, %r3", 72, 70],
  ["cvt.pack.sat.s4.s32.b32 %r0, %r1, %r2, %r3", 75, 72],
  ["@!%p0 atom.global.add.noftz.bf16 %h0, [%d1], %h1", 90, 89],
  ["@!%p0 red.global.add.noftz.bf16x2 [%d1], %r1", 90, 80],
  ["@!%p0 atom.global.v2.f32.add {%r0, %r1}, [%d1], {%r2, %r3}", 90, 80],
  ["@!%p0 red.global.v2.f16.add.noftz [%d1], {%h1, %h2}", 90, 80],
  ["@!%p0 atom.cluster.global.add.u32 %r0, [%d1], %r1", 90, 80],
  ["@!%p0 ld.relaxed.cluster.global.u32 %r0, [%d1]", 90, 80],
  ["@!%p0 st.release.cluster.global.u32 [%d1], %r0", 90, 80],
  ["@!%p0 ld.global.L2::128B.u32 %r0, [%d1]", 75, 72],
  ["@!%p0 ld.global.L2::256B.u32 %r0, [%d1]", 80, 75],
  ["@!%p0 ld.global.L2::cache_hint.u32 %r0, [%d1], %d2", 80, 75],
  ["@!%p0 red.global.add.L2::cache_hint.u32 [%d1], %r0, %d2", 80, 75],
  ["createpolicy.fractional.L2::evict_first.b64 %d0", 80, 75],
  ["fence.acq_rel.cluster", 90, 80],
  ["fence.mbarrier_init.release.cluster", 90, 80],
  ["fence.proxy.async", 90, 80],
  ["@!%p0 cp.async.ca.shared.global [%r1], [%d1], 4", 80, 75],
  ["cp.async.commit_group", 80, 75],
  ["cp.async.wait_all", 80, 75],
  ["@!%p0 cp.async.mbarrier.arrive.shared.b64 [%r1]", 80, 75],
  ["@!%p0 mbarrier.init.shared.b64 [%r1], 1", 80, 75],
  ["@!%p0 mbarrier.test_wait.shared.b64 %p1, [%r1], %d1", 80, 75],
  ["@!%p0 mbarrier.arrive.shared.b64 %d0, [%r1]", 80, 75],
  ["@!%p0 mbarrier.arrive.shared.b64 %d0, [%r1], 2", 90, 80],
  ["@!%p0 mbarrier.arrive.noComplete.shared.b64 %d0, [%r1], 2", 80, 75],
  ["@!%p0 mbarrier.arrive.expect_tx.shared.b64 %d0, [%r1], 2", 90, 80],
  ["@!%p0 mbarrier.arrive.shared::cluster.b64 _, [%r1]", 90, 80],
  ["@!%p0 mbarrier.arrive.release.cluster.shared.b64 _, [%r1]", 90, 80],
  ["@!%p0 mbarrier.expect_tx.relaxed.cta.shared.b64 [%r1], 2", 90, 80],
  ["@!%p0 mbarrier.try_wait.shared.b64 %p1, [%r1], %d1", 90, 80],
  ["mov.u32 %r0, %cluster_ctarank", 90, 80],
  ["mov.u32 %r0, %nclusterid.x", 90, 80],
  ["mov.pred %p1, %is_explicit_cluster", 90, 80],
  ["mov.u32 %r0, %aggr_smem_size", 90, 80],
  ["mov.u32 %r0, %reserved_smem_offset_begin", 80, 75],
];

/** Of the architecture sm_90a, which sm_90 does not imply. */
const SPECIFIC = "setmaxnreg.inc.sync.aligned.u32 64";

const SM_100 = [
  "add.f32x2 %d0, %d1, %d2",
  "fma.rn.f32x2 %d0, %d1, %d2, %d3",
  "add.f32.bf16 %r0, %h1, %r2",
  "fma.rn.f32.f16 %r0, %h1, %h2, %r3",
  "min.f32 %r0, %r1, %r2, %r3",
  "max.abs.f32 %r0, %r1, %r2, %r3",
  "cvt.rs.bf16x2.f32 %r0, %r1, %r2, %r3",
  "cvt.rn.satfinite.tf32.f32 %r0, %r1",
  "cvt.rn.satfinite.e2m3x2.f32 %h0, %r1, %r2",
  "cvt.rz.satfinite.ue8m0x2.f32 %h0, %r1, %r2",
  "cvt.rn.f16x2.e2m1x2 %r0, %h1",
];

/** What PTX does not have, by what its refusal says. */
const ILLEGAL: [instruction: string, message: RegExp][] = [
  ["add.sat.u32 %r0, %r1, %r2", /has type \.u32, not one of \.s32/],
  ["add.ftz.bf16 %h0, %h1, %h2", /modifiers that \.bf16 does not take/],
  ["fma.f16 %h0, %h1, %h2, %h3", /needs \.rn/],
  ["fma.rn.sat.relu.f16 %h0, %h1, %h2, %h3", /modifiers that \.f16 does not take/],
  ["fma.rn.oob.f16 %h0, %h1, %h2, %h3", /with \.oob is not supported/],
  ["min.relu.u16x2 %r0, %r1, %r2", /has type \.u16x2, not one of \.s16x2/],
  ["sub.s16x2 %r0, %r1, %r2", /has type \.s16x2/],
  ["mul.lo.b32 %r0, %r1, %r2", /has type \.b32/],
  ["popc.u32 %r0, %r1", /has type \.u32, not one of \.b32, \.b64/],
  ["szext.u32 %r0, %r1, %r2", /needs \.clamp or \.wrap/],
  ["addc.u16 %h0, %h1, %h2", /has type \.u16/],
  ["shl.u32 %r0, %r1, %r2", /has type \.u32/],
  ["lop3.and.b32 %r0, %r1, %r2, %r3, 1, %p0", /no second destination/],
  ["setp.lt.b32 %p0, %r1, %r2", /operator \.lt, which \.b32 does not take/],
  ["setp.eq.f16 %p0|%p1, %h1, %h2", /second destination, which \.f16 does not take/],
  ["set.eq.f32.f16 %r0, %h1, %h2", /sets \.f32 by a comparison of \.f16/],
  ["selp.f16 %h0, %h1, %h2, %p0", /has type \.f16/],
  ["slct.ftz.f32.s32 %r0, %r1, %r2, %r3", /has type \.s32, not one of \.f32/],
  ["mov.u32 %r0, {%h1, %h2}", /packs or unpacks a vector/],
  ["abs.ftz.f64 %d0, %d1", /has type \.f64, not one of \.f32/],
  ["tanh.approx.ftz.f32 %r0, %r1", /with '\.ftz'/],
  ["cvt.sat.u32.u16 %r0, %h1", /cannot overflow/],
  ["cvt.rn.f32.f16 %r0, %h1", /rounds where nothing is lost/],
  ["cvt.f16.f32 %h0, %r1", /needs \.rn, \.rz, \.rm or \.rp/],
  ["cvt.rn.s32.f32 %r0, %r1", /needs \.rni, \.rzi, \.rmi or \.rpi/],
  ["cvt.rni.f16.f32 %h0, %r1", /needs \.rn, \.rz, \.rm or \.rp/],
  ["cvt.rn.s32.s16 %r0, %h1", /rounds between integers/],
  ["cvt.ftz.f64.f16 %d0, %h1", /no \.f32 takes part/],
  ["cvt.rm.relu.f16.f32 %h0, %r1", /\.relu or \.satfinite/],
  ["cvt.rn.sat.bf16.f32 %h0, %r1", /\.sat, which \.bf16 does not take/],
  ["cvt.rn.e4m3x2.f32 %h0, %r1, %r2", /needs \.satfinite/],
  ["cvt.pack.u8.s32.b32 %r0, %r1, %r2, %r3", /needs \.sat/],
  ["cvt.rn.bf16.f32 %r0, %r1", /wider than \.bf16/],
  ["add.s32 %r0, %r1.b0, %r2", /sub-word operand '%r1\.b0'/],
  ["vadd.u32.u32.u32 %r0, %r1.h10, %r2", /unknown sub-word/],
  ["vadd.u32.u32.u32.sat.add %r0.b0, %r1, %r2, %r3", /both a secondary operation and a sub-word/],
  ["vshl.u32.u32.u32 %r0, %r1, %r2", /needs \.clamp or \.wrap/],
  ["vmad.u32.u32.u32.po %r0, -%r1, %r2, %r3", /negates an operand under \.po/],
  ["vmad.s32.s32.s32 %r0, -%r1, %r2, -%r3", /negates both the product and c/],
  ["vadd4.u32.u32.u32.sat.add %r0, %r1, %r2, %r3", /both \.sat and \.add/],
  ["vadd4.u32.u32.u32 %r0.b01, %r1, %r2, %r3", /unknown mask/],
  ["vadd2.u32.u32.u32 %r0, %r1.h40, %r2, %r3", /unknown selector/],
];

const rules = [
  ...TARGETS.flatMap(([instruction, first, before]) => [
    { instruction, target: first, message: undefined },
    { instruction, target: before, message: new RegExp(`needs sm_${first} or higher, the module is for sm_${before}`) },
  ]),
  { instruction: SPECIFIC, target: "90a", message: undefined },
  { instruction: SPECIFIC, target: 90, message: /needs sm_90a, the module is for sm_90$/ },
  { instruction: SPECIFIC, target: 89, message: /needs sm_90 or higher/ },
  ...SM_100.map((instruction) => ({ instruction, target: 90, message: /needs sm_100 or higher/ })),
  ...ILLEGAL.map(([instruction, message]) => ({ instruction, target: 90, message })),
].map((rule) => ({ ...rule, name: `${rule.instruction} for sm_${rule.target}` }));

describe.each(builds().slice(0, 1))("legal instructions, $name", (build) => {
  let answers: Answer[];

  beforeAll(async () => {
    answers = await runFixtures(
      build,
      rules.map(({ name, instruction, target }) => ({ name, launch: launchOf(`sm_${target}`, instruction) })),
    );
  });

  it.each(rules.map(({ name, message }, index) => ({ name, message, index })))("$name", ({ message, index }) => {
    const { refused, result } = answers[index] as Answer;
    if (message === undefined) {
      expect(refused).toBeUndefined();
      expect(result?.status).toBe("ok");
    } else {
      expect(refused?.message).toMatch(message);
    }
  });
});
