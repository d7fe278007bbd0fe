import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { builds } from "./builds.ts";
import { runFixtures } from "./run-fixtures.ts";

const HEAD = ".version 9.0\n.target sm_80\n.address_size 64\n";

/** Calls that cannot be: each is refused, or ends the launch with its reason. */
const IMPOSSIBLE: { what: string; ptx: string; refused?: string; trapped?: string }[] = [
  {
    what: "recursion without an end",
    ptx: ".func f() { call f; ret; } .visible .entry k() { call f; ret; }",
    trapped: "call at PTX line 4: no room on the stack of a thread for 'f' (1024 calls, 524288 bytes)",
  },
  {
    what: "recursion with a large frame",
    ptx: ".func f() { .local .b8 x[100000]; call f; ret; } .visible .entry k() { call f; ret; }",
    trapped: "call at PTX line 4: no room on the stack of a thread for 'f' (1024 calls, 524288 bytes)",
  },
  {
    what: "two functions that call each other",
    ptx: ".func g(); .func f() { call g; ret; } .func g() { call f; ret; } .visible .entry k() { call f; ret; }",
    trapped: "call at PTX line 4: no room on the stack of a thread for 'g' (1024 calls, 524288 bytes)",
  },
  {
    what: "recursion through a pointer",
    ptx: ".func f() { .reg .b64 %d; mov.u64 %d, f; P: .callprototype _; call %d, P; ret; } .visible .entry k() { call f; ret; }",
    trapped: "call at PTX line 4: no room on the stack of a thread for 'f' (1024 calls, 524288 bytes)",
  },
  {
    what: "a pointer to nothing",
    ptx: ".visible .entry k() { .reg .b64 %d; mov.u64 %d, 64; P: .callprototype _; call %d, P; ret; }",
    trapped: "call at PTX line 4: address 64 is no device function",
  },
  {
    what: "a pointer to a function of another type",
    ptx: ".func f(.param .b32 x) { ret; } .visible .entry k() { .reg .b64 %d; mov.u64 %d, f; P: .callprototype _; call %d, P; ret; }",
    trapped: "call at PTX line 4: function 'f' has other parameters than the call",
  },
  {
    what: "a pointer to a function that is not listed",
    ptx: ".func f() { ret; } .func g() { ret; } .visible .entry k() { .reg .b64 %d; mov.u64 %d, f; T: .calltargets g; call %d, T; ret; }",
    trapped: "call at PTX line 4: function 'f' is not among the call's targets",
  },
  {
    what: "a pointer to a function of another module",
    ptx: ".extern .func f; .visible .entry k() { .reg .b64 %d; mov.u64 %d, f; P: .callprototype _; call %d, P; ret; }",
    trapped: "call at PTX line 4: function 'f' has no body that the entry reaches",
  },
  {
    what: "a function that may not return",
    ptx: ".func f() .noreturn { ret; } .visible .entry k() { call f; ret; }",
    trapped: "ret at PTX line 4: 'f' is .noreturn",
  },
  {
    what: "an index behind the targets",
    ptx: ".visible .entry k() { .reg .b32 %r; mov.u32 %r, 1; T: .branchtargets L; brx.idx %r, T; L: ret; }",
    trapped: "brx.idx at PTX line 4: index 1 of 1 targets",
  },
  {
    what: "a trap in a function",
    ptx: ".func f() { trap; } .visible .entry k() { call f; ret; }",
    trapped: "trap at PTX line 4",
  },
  {
    what: "a function of another module",
    ptx: ".extern .func f; .visible .entry k() { call f; ret; }",
    refused: "instruction 'call' of 'f', which the module only declares, is not supported",
  },
  {
    what: "malloc",
    ptx: ".extern .func (.param .b64 r) malloc (.param .b64 n); .visible .entry k() { .reg .b64 %d; call (%d), malloc, (8); ret; }",
    refused: "instruction 'call' of 'malloc', which the module only declares, is not supported",
  },
  {
    what: "an entry",
    ptx: ".visible .entry k() { call k; ret; }",
    refused: "'k' is neither a device function nor a register",
  },
  {
    what: "too few arguments",
    ptx: ".func f(.param .b32 x) { ret; } .visible .entry k() { call f; ret; }",
    refused: "instruction 'call' passes 0 arguments, the function takes 1",
  },
  {
    what: "an argument of another size",
    ptx: ".func f(.param .b32 x) { ret; } .visible .entry k() { .param .b64 p; call f, (p); ret; }",
    refused: "instruction 'call' passes 'p' of 8 bytes for 'x' of 4",
  },
  {
    what: "a result that is not given",
    ptx: ".func f() { ret; } .visible .entry k() { .reg .b32 %r; call (%r), f; ret; }",
    refused: "instruction 'call' takes 1 result, the function gives 0",
  },
  {
    what: "bytes behind a parameter",
    ptx: ".visible .entry k() { .reg .b32 %r; .param .b32 p; ld.param.b32 %r, [p+4]; ret; }",
    refused: "instruction 'ld.param.b32' accesses 4 bytes at offset 4 of 'p', which has 4",
  },
  {
    what: "a store to a parameter of the function itself",
    ptx: ".func f(.param .b32 x) { st.param.b32 [x], 1; ret; } .visible .entry k() { call f, (1); ret; }",
    refused: "instruction 'st.param.b32' writes the parameter 'x'",
  },
  {
    what: "a load of a result of the function itself",
    ptx: ".func (.param .b32 x) f() { .reg .b32 %r; ld.param.b32 %r, [x]; ret; } .visible .entry k() { .reg .b32 %r; call (%r), f; ret; }",
    refused: "instruction 'ld.param.b32' reads the result 'x'",
  },
  {
    what: "a prototype that nothing declares",
    ptx: ".visible .entry k() { .reg .b64 %d; mov.u64 %d, 0; call %d, P; ret; }",
    refused: "prototype 'P' is not declared before its call",
  },
  {
    what: "two bodies of one function",
    ptx: ".func f() { ret; } .func f() { ret; } .visible .entry k() { call f; ret; }",
    refused: "function 'f' is defined twice",
  },
  {
    what: "a declaration that differs",
    ptx: ".func f(.param .b32 x); .func f() { ret; } .visible .entry k() { call f; ret; }",
    refused: "function 'f' is declared with other parameters before",
  },
  {
    what: "a cluster of two CTAs",
    ptx: ".visible .entry k() .reqnctapercluster 2, 1, 1 { ret; }",
    refused: "a cluster of more than one CTA",
  },
  {
    what: "a variable of another module",
    ptx: ".extern .global .u32 z; .visible .entry k() { .reg .b32 %r; ld.global.u32 %r, [z]; ret; }",
    refused: "variable 'z', which another module defines, is not supported",
  },
  {
    what: "a mask of nothing",
    ptx: ".global .u8 z = 0(z); .visible .entry k() { ret; }",
    refused: "the mask of an initial value is not one byte such as 0xFF00",
  },
  {
    what: "initial values that nest without an end",
    ptx: `.global .u8 z = ${"{".repeat(200_000)}; .visible .entry k() { ret; }`,
    refused: "'z' has initial values in more braces than dimensions",
  },
];

/** What other compilers write and nothing here needs. */
const POSSIBLE: { what: string; ptx: string }[] = [
  { what: "an alias", ptx: ".func f() { ret; } .func g(); .alias g, f; .visible .entry k() { call g; ret; }" },
  { what: "an empty function", ptx: ".func f() { } .visible .entry k() { call f; ret; }" },
  { what: "a cluster of one CTA", ptx: ".visible .entry k() .reqnctapercluster 1 .maxclusterrank 8 { ret; }" },
  { what: "several variables at once", ptx: ".global .u32 a, b = 3, c[2] = { 1, 2 }; .visible .entry k() { ret; }" },
  {
    what: "a function that cannot run and is not reached",
    ptx: ".func f() { tex.1d.v4.f32.s32 {a, b, c, d}, [t, {x}]; ret; } .visible .entry k() { ret; }",
  },
  { what: "an exit in a function", ptx: ".func f() { exit; } .visible .entry k() { call f; trap; }" },
];

const ASSERTION = `${HEAD}.extern .func __assertfail (.param .b64 m, .param .b64 f, .param .b32 l, .param .b64 n, .param .b64 s);
.global .b8 message[] = { 120, 32, 60, 32, 49, 0 };
.global .b8 file[] = { 107, 46, 99, 117, 0 };
.global .b8 name[] = { 107, 40, 41, 0 };
.func check(.param .b32 x)
{
    .reg .pred %p;
    .reg .b32 %r;
    .reg .b64 %d<4>;
    ld.param.u32 %r, [x];
    setp.lt.u32 %p, %r, 30;
    @%p ret;
    mov.u64 %d1, message;
    mov.u64 %d2, file;
    mov.u64 %d3, name;
    call __assertfail, (%d1, %d2, 7, %d3, 1);
    ret;
}
.visible .entry k()
{
    .reg .b32 %r;
    mov.u32 %r, %tid.x;
    call check, (%r);
    ret;
}
`;

function launchOf(ptx: string, threads = 1): NativeLaunch {
  return {
    ptx,
    ptxName: "calls.ptx",
    entry: "k",
    grid: [3, 1, 1],
    block: [32, 1, 1],
    sharedBytes: 0,
    params: [],
    limits: DEFAULT_LIMITS,
    seed: 0,
    threads,
    cooperative: false,
  };
}

describe.each(builds())("calls, $name", (build) => {
  it("that cannot be are refused or end the launch", async () => {
    const answers = await runFixtures(
      build,
      IMPOSSIBLE.map(({ what, ptx }) => ({ name: what, launch: launchOf(HEAD + ptx) })),
    );
    const given = answers.map(({ refused, result }, i) => {
      const { what, ptx } = IMPOSSIBLE[i] ?? { what: "", ptx: "" };
      const reason = result?.status === "trapped" ? { trapped: result.reason } : {};
      return { what, ptx, ...(refused === undefined ? reason : { refused: refused.message }) };
    });
    expect(given).toEqual(IMPOSSIBLE);
  });

  it("and declarations of every kind run", async () => {
    const answers = await runFixtures(
      build,
      POSSIBLE.map(({ what, ptx }) => ({ name: what, launch: launchOf(HEAD + ptx) })),
    );
    const given = answers.map(({ refused, result }) => refused?.message ?? result?.status);
    expect(given).toEqual(POSSIBLE.map(() => "ok"));
  });

  it("of the driver's assertion are a finding", async () => {
    const answers = await runFixtures(
      build,
      [1, 3].map((threads) => ({ name: "assertion", launch: launchOf(ASSERTION, threads) })),
    );
    for (const { result } of answers) {
      expect(result).toMatchObject({ status: "trapped", reason: "assertion 'x < 1' at k.cu:7 in 'k()' failed" });
      expect(result?.findings).toMatchObject([
        {
          check: "assert",
          class: "assertion-failed",
          severity: "error",
          count: 2,
          first: { cta: [0, 0, 0], thread: [30, 0, 0], ptxLine: 19 },
          message: "thread (30,0,0) of CTA (0,0,0) (PTX line 19) fails the assertion 'x < 1' at k.cu:7 in 'k()'",
        },
      ]);
    }
  });
});
