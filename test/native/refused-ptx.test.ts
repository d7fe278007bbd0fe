import { beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { builds } from "./builds.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

interface Refusal {
  title: string;
  module?: string;
  body?: string;
  code: "PTX_SYNTAX" | "PTX_INVALID" | "PTX_UNSUPPORTED";
  message: RegExp;
}

const DEEP = 200_000;

const REFUSALS: Refusal[] = [
  {
    title: "a module of linkage words",
    module: ".visible ".repeat(DEEP),
    code: "PTX_SYNTAX",
    message: /is not a module directive/,
  },
  {
    title: "a variable of predicates",
    body: ".shared .pred x[4];",
    code: "PTX_INVALID",
    message: /variables of type \.pred/,
  },
  {
    title: "initial values of shared memory",
    body: ".shared .b32 x = 1;",
    code: "PTX_INVALID",
    message: /'x' has initial values, which only \.global and \.const take/,
  },
  {
    title: "initial values in too many braces",
    module: `.global .b32 x[] = ${"{".repeat(DEEP)};`,
    code: "PTX_INVALID",
    message: /more braces than dimensions/,
  },
  {
    title: "a row with too many initial values",
    module: ".global .b32 x[2][2] = {{1, 2, 3}, {4}};",
    code: "PTX_INVALID",
    message: /12 bytes of initial values for a row of 8/,
  },
  {
    title: "initial values far apart",
    module: ".global .b8 x[1][4294967296] = {{1}};",
    code: "PTX_UNSUPPORTED",
    message: /'x' that reach beyond 64 MiB/,
  },
  {
    title: "extents whose product overflows",
    module: ".global .b8 x[][4294967296][4294967296] = {{1}};",
    code: "PTX_UNSUPPORTED",
    message: /'x' is larger than 4 GiB/,
  },
  {
    title: "an array without a size",
    body: ".shared .b8 x[];",
    code: "PTX_INVALID",
    message: /'x' has no size/,
  },
  {
    title: "a vector of vectors",
    body: `mov.b64 %rd1, ${"{".repeat(DEEP)}${"}".repeat(DEEP)};`,
    code: "PTX_SYNTAX",
    message: /expected an element of a vector/,
  },
  {
    title: "labels in a vector",
    body: "ret;\nmov.b64 %rd1, {L, L};\nL:",
    code: "PTX_UNSUPPORTED",
    message: /with an operand of this form/,
  },
  {
    title: "a second destination that the instruction does not have",
    body: "mov.u32 %r1, 1;\nadd.s32 %r2|%p1, %r1, %r1;",
    code: "PTX_INVALID",
    message: /'add\.s32' takes no second destination/,
  },
  {
    title: "a second destination behind a source",
    body: "mov.u32 %r1, 1;\nadd.s32 %r2, %r1|%p1, %r1;",
    code: "PTX_SYNTAX",
    message: /expected ';', found '\|'/,
  },
  {
    title: "a register type without its dot",
    body: ".reg xb32 %q;\nmov.u32 %q, 1;",
    code: "PTX_UNSUPPORTED",
    message: /registers of type 'xb32'/,
  },
  {
    title: "a single-precision constant of 12 digits",
    body: "mov.f32 %f1, 0f123456789ABC;",
    code: "PTX_SYNTAX",
    message: /'0f123456789ABC' needs 8 hexadecimal digits/,
  },
  {
    title: "letters behind a mask of used bytes",
    body: '.pragma "used_bytes_mask 0xfz";',
    code: "PTX_SYNTAX",
    message: /holds no mask/,
  },
];

const launches = REFUSALS.map(({ title, module = "", body = "" }) => ({ name: title, launch: launch(module, body) }));

function launch(module: string, body: string): NativeLaunch {
  const registers = ".reg .pred %p<3>;\n.reg .b32 %r<3>;\n.reg .b64 %rd<3>;\n.reg .f32 %f<3>;";
  return {
    ptx: `.version 8.8\n.target sm_80\n${module}\n.entry k()\n{\n${registers}\n${body}\nret;\n}\n`,
    ptxName: "k.ptx",
    entry: "k",
    grid: [1, 1, 1],
    block: [32, 1, 1],
    sharedBytes: 0,
    cooperative: false,
    params: [],
    limits: DEFAULT_LIMITS,
    seed: 0,
    threads: 1,
  };
}

describe.each(builds())("PTX that is refused, $name", (build) => {
  let answers: Answer[];

  beforeAll(async () => {
    answers = await runFixtures(build, launches);
  });

  it.each(REFUSALS.map((refusal, index) => ({ ...refusal, index })))("$title", ({ index, code, message }) => {
    expect(answers[index]?.refused).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
