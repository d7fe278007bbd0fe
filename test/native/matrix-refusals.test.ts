import { beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import { builds } from "./builds.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const registers = (count: number, first = 0) =>
  `{${Array.from({ length: count }, (_, i) => `%r${first + i}`).join(", ")}}`;
const doubles = (count: number) => `{${Array.from({ length: count }, (_, i) => `%fd${i}`).join(", ")}}`;
const operands = (...counts: number[]) => counts.map((count) => registers(count)).join(", ");

const UNSUPPORTED = "PTX_UNSUPPORTED";
const INVALID = "PTX_INVALID";

/** Target, instruction, code and a part of the message. */
const REFUSALS: [string, string, string, string][] = [
  ["sm_80", `mma.sp.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 ${operands(4, 2, 2, 4)}`, UNSUPPORTED, "with .sp (a"],
  [
    "sm_90",
    `mma.sp::ordered_metadata.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 ${operands(4, 2, 2, 4)}`,
    UNSUPPORTED,
    ".sp::ordered_metadata",
  ],
  ["sm_80", `mma.sync.m16n8k8.row.col.f32.f16.f16.f32 ${operands(4, 2, 1, 4)}`, UNSUPPORTED, "without .aligned"],
  ["sm_75", `mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 ${operands(4, 4, 2, 4)}`, INVALID, "needs sm_80"],
  ["sm_70", `mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 ${operands(2, 1, 1, 2)}`, INVALID, "needs sm_75"],
  ["sm_80", `mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 ${operands(4, 4, 2, 4)}`, INVALID, "needs sm_89"],
  [
    "sm_89",
    `mma.sync.aligned.m16n8k4.row.col.f64.f64.f64.f64 ${doubles(4)}, ${doubles(2)}, {%fd0}, ${doubles(4)}`,
    INVALID,
    "needs sm_90",
  ],
  ["sm_75", `mma.sync.aligned.m8n8k128.row.col.s32.b1.b1.s32.and.popc ${operands(2, 1, 1, 2)}`, INVALID, "needs sm_80"],
  ["sm_90", `mma.sync.aligned.m16n8k32.row.col.f32.e3m2.e4m3.f32 ${operands(4, 4, 2, 4)}`, UNSUPPORTED, ".e3m2"],
  [
    "sm_90",
    `mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f32.e4m3.e4m3.f32 ${operands(4, 4, 2, 4)}`,
    UNSUPPORTED,
    "kind::f8f6f4",
  ],
  ["sm_80", `mma.sync.aligned.m16n8k16.row.row.f32.f16.f16.f32 ${operands(4, 4, 2, 4)}`, INVALID, "needs .row.col"],
  ["sm_80", `mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f16 ${operands(4, 4, 2, 2)}`, INVALID, "D and C of types"],
  ["sm_80", `mma.sync.aligned.m8n8k4.row.col.f16.f16.f16.f32 ${operands(4, 2, 2, 8)}`, INVALID, "D and C of types"],
  [
    "sm_80",
    `mma.sync.aligned.m16n8k16.row.col.f16.bf16.bf16.f16 ${operands(2, 4, 2, 2)}`,
    INVALID,
    "can not accumulate .bf16 in .f16",
  ],
  ["sm_80", `mma.sync.aligned.m16n8k16.row.col.f32.f16.bf16.f32 ${operands(4, 4, 2, 4)}`, INVALID, "mixes types"],
  ["sm_80", `mma.sync.aligned.m16n8k32.row.col.s32.s8.s4.s32 ${operands(4, 4, 1, 4)}`, INVALID, "mixes types"],
  ["sm_80", `mma.sync.aligned.m16n8k32.row.col.f32.bf16.bf16.f32 ${operands(4, 4, 2, 4)}`, INVALID, "shape"],
  [
    "sm_80",
    `mma.sync.aligned.m16n8k16.row.col.satfinite.f32.f16.f16.f32 ${operands(4, 4, 2, 4)}`,
    UNSUPPORTED,
    "satfinite",
  ],
  ["sm_80", `mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32.rz ${operands(4, 4, 2, 4)}`, UNSUPPORTED, "'.rz'"],
  ["sm_80", `mma.sync.aligned.m16n8k128.row.col.s32.b1.b1.s32 ${operands(4, 2, 1, 4)}`, INVALID, "needs .xor.popc"],
  ["sm_80", `mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 ${operands(4, 3, 2, 4)}`, INVALID, "needs 4 registers"],
  [
    "sm_80",
    `mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 ${registers(2)}, %r0, %r0, ${registers(2)}`,
    INVALID,
    "in braces",
  ],
  ["sm_70", `ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r0}, [%r1]`, INVALID, "needs sm_75"],
  ["sm_80", `ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r0}, [%r1]`, INVALID, "needs 2 registers"],
  ["sm_80", `ldmatrix.sync.aligned.m8n8.shared.b16 {%r0}, [%r1]`, INVALID, "needs .x1"],
  ["sm_80", `ldmatrix.sync.aligned.m8n8.x1.global.b16 {%r0}, [%rd1]`, UNSUPPORTED, "'.global'"],
  [
    "sm_90",
    `ldmatrix.sync.aligned.m16n16.x1.trans.shared.b8 {%r0, %r1}, [%r2]`,
    UNSUPPORTED,
    ".m16n16, which needs sm_100a",
  ],
  ["sm_90", `ldmatrix.sync.aligned.m8n16.x1.shared.b8x16.b6x16_p32 {%r0}, [%r2]`, UNSUPPORTED, ".m8n16"],
  ["sm_80", `stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r1], {%r0}`, INVALID, "needs sm_90"],
  ["sm_90", `stmatrix.sync.aligned.m16n8.x1.trans.shared.b8 [%r1], {%r0}`, UNSUPPORTED, ".m16n8"],
  ["sm_80", `movmatrix.sync.aligned.m8n8.b16 %r0, %r1`, INVALID, "needs .trans"],
  ["sm_80", `wmma.load.a.sync.aligned.row.m16n16k16.local.f16 ${registers(8)}, [%rd1]`, UNSUPPORTED, "'.local'"],
  ["sm_80", `wmma.load.a.sync.aligned.row.m16n16k16.f16 ${registers(4)}, [%rd1]`, INVALID, "needs 8 registers"],
  ["sm_80", `wmma.load.a.sync.aligned.col.m8n8k32.s4 {%r0}, [%rd1]`, INVALID, "A by rows"],
  ["sm_80", `wmma.load.c.sync.aligned.row.m16n16k8.f16 ${registers(4)}, [%rd1]`, INVALID, "can not accumulate .tf32"],
  ["sm_75", `wmma.load.b.sync.aligned.col.m16n16k16.bf16 ${registers(4)}, [%rd1]`, INVALID, "needs sm_80"],
  [
    "sm_80",
    `wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32.satfinite ${operands(8, 8, 8, 8)}`,
    UNSUPPORTED,
    "satfinite",
  ],
  [
    "sm_80",
    `wmma.mma.sync.aligned.row.col.m16n16k16.s32.s8.u8.s32 ${operands(8, 2, 2, 8)}`,
    INVALID,
    "one type of A and B",
  ],
  [
    "sm_80",
    `wmma.mma.sync.aligned.row.col.m16n16k16.f32.f16.f16.f32 ${operands(8, 8, 8, 8)}`,
    INVALID,
    "does not name",
  ],
  ["sm_70", `wmma.mma.sync.aligned.row.col.m16n16k16.s32.s8.s8.s32 ${operands(8, 2, 2, 8)}`, INVALID, "needs sm_72"],
  [
    "sm_75",
    `wmma.mma.and.popc.sync.aligned.row.col.m8n8k128.s32.b1.b1.s32 ${operands(2, 1, 1, 2)}`,
    INVALID,
    "needs sm_80",
  ],
];

const fixtures = REFUSALS.map(([target, instruction]) => ({
  name: `${instruction} for ${target}`,
  launch: {
    ptx: moduleWith(target, instruction),
    ptxName: "refused.ptx",
    entry: "refused",
    grid: [1, 1, 1] as [number, number, number],
    block: [32, 1, 1] as [number, number, number],
    sharedBytes: 0,
    cooperative: false,
    params: [],
    limits: DEFAULT_LIMITS,
    seed: 0,
    threads: 1,
  },
}));

/** Registers of which all are defined, and the instruction in line 13. */
function moduleWith(target: string, instruction: string): string {
  const names = Array.from({ length: 16 }, (_, i) => i);
  return [
    ".version 8.7",
    `.target ${target}`,
    ".address_size 64",
    ".visible .entry refused()",
    "{",
    ".reg .b32 %r<16>;",
    ".reg .b64 %rd<2>;",
    ".reg .b64 %fd<8>;",
    names.map((i) => `mov.b32 %r${i}, 0;`).join(" "),
    "mov.b64 %rd1, 0;",
    names
      .slice(0, 8)
      .map((i) => `mov.b64 %fd${i}, 0;`)
      .join(" "),
    "",
    `${instruction};`,
    "ret;",
    "}",
    "",
  ].join("\n");
}

describe.each(builds())("matrix instructions that are refused, $name", (build) => {
  let answers: Answer[];

  beforeAll(async () => {
    answers = await runFixtures(build, fixtures);
  });

  it.each(REFUSALS.map((refusal, index) => ({ refusal, index, name: fixtures[index]?.name })))(
    "$name",
    ({ refusal, index }) => {
      const [, , code, part] = refusal;
      expect(answers[index]?.refused).toMatchObject({ code, line: 13 });
      expect(answers[index]?.refused?.message).toContain(part);
    },
  );
});
