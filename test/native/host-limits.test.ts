import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { bestBuild, builds } from "./builds.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

const MIB = 2 ** 20;
const HEAD = ".version 8.0\n.target sm_80\n.address_size 64\n";

/** Every CTA stores one word: its own, 4 KiB from the next CTA's, or all the first CTA's. */
const store = (offset: string) => `${HEAD}.visible .entry k(.param .u64 out)
{
.reg .b32 %r<3>; .reg .b64 %d<4>;
ld.param.u64 %d1, [out];
mov.u32 %r1, %ctaid.x;
mov.u32 %r2, ${offset};
mul.wide.u32 %d2, %r1, %r2;
add.u64 %d3, %d1, %d2;
st.global.u32 [%d3], %r1;
ret;
}
`;
const APART = store("4096");
const RACING = store("0");
/** All lanes read one word again and again, as they do a scale or a flag. */
const REPEATED = `${HEAD}.visible .entry k(.param .u64 out)
{
.reg .b32 %r<3>; .reg .b64 %d; .reg .pred %p;
ld.param.u64 %d, [out];
mov.u32 %r1, 0;
again:
ld.volatile.global.u32 %r2, [%d];
add.u32 %r1, %r1, 1;
setp.lt.u32 %p, %r1, 20000;
@%p bra again;
ret;
}
`;
const VARIABLE = `${HEAD}.global .b8 table[${MIB}];
.visible .entry k()
{
.reg .b32 %r;
ld.global.u8 %r, [table];
ret;
}
`;

function launchOf(ptx: string, hostBytes: number, threads: number): { name: string; launch: NativeLaunch } {
  const params: NativeLaunch["params"] = ptx.includes(".param")
    ? [{ kind: "buffer", name: "out", bytes: new Uint8Array(MIB), initialised: false }]
    : [];
  const launch: NativeLaunch = {
    ptx,
    ptxName: "k.ptx",
    entry: "k",
    grid: [64, 1, 1],
    block: [1, 1, 1],
    sharedBytes: 0,
    cooperative: false,
    params,
    limits: { ...DEFAULT_LIMITS, hostBytes },
    seed: 0,
    threads,
  };
  return { name: `${hostBytes} bytes, ${threads} threads`, launch };
}

const ROOM = MIB / 2;

it.each([
  { what: "a buffer", ptx: APART, hostBytes: MIB - 1, expected: "HOST_MEMORY" },
  { what: "a buffer and nothing else", ptx: APART, hostBytes: MIB, expected: "HOST_MEMORY" },
  { what: "a buffer and a CTA", ptx: APART, hostBytes: MIB + ROOM, expected: "ok" },
  { what: "a variable and a CTA", ptx: VARIABLE, hostBytes: MIB + ROOM, expected: "ok" },
  { what: "a variable and nothing else", ptx: VARIABLE, hostBytes: MIB, expected: "HOST_MEMORY" },
  { what: "a run that is repeated", ptx: RACING, hostBytes: MIB + ROOM, expected: "failed" },
])("limits.hostBytes counts $what once, for any number of workers", async ({ ptx, hostBytes, expected }) => {
  const threads = [1, 2, 8].map((count) => launchOf(ptx, hostBytes, count));
  for (const build of builds()) {
    const answers = await runFixtures(build, threads);
    expect(answers.map(({ refused, result }) => refused?.code ?? result?.status)).toEqual(threads.map(() => expected));
  }
});

it("holds one note of what the lanes of a warp read again and again", async () => {
  const { name, launch } = launchOf(REPEATED, MIB + ROOM, 1);
  const params = launch.params.map((param) => (param.kind === "buffer" ? { ...param, initialised: true } : param));
  const warp = { ...launch, params, grid: [1, 1, 1], block: [32, 1, 1] } satisfies NativeLaunch;
  const [answer] = await runFixtures(bestBuild(), [{ name, launch: warp }]);
  expect(answer?.refused?.code ?? answer?.result?.status).toBe("ok");
});

/** Lets the addon have one thread of its own, then refuses as a host at its limit does. */
const ONE_THREAD = `
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <pthread.h>
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*run)(void*), void* with) noexcept {
  static bool refuses = false;
  Dl_info caller;
  if (dladdr(__builtin_return_address(0), &caller) != 0 && std::strstr(caller.dli_fname, "libstdc++") != nullptr) {
    if (refuses) return EAGAIN;
    refuses = true;
  }
  return reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"))(thread, how, run, with);
}`;

const folder = mkdtempSync(join(tmpdir(), "decode-lab-threads-"));
const shim = join(folder, "one-thread.so");
beforeAll(async () => {
  await execa("g++", ["-shared", "-fPIC", "-x", "c++", "-", "-o", shim, "-ldl"], { input: ONE_THREAD });
});
afterAll(() => rmSync(folder, { recursive: true }));

it("runs on the threads that the host has", async () => {
  const build = bestBuild();
  const launches = [1, 2].flatMap(() => [APART, RACING].map((ptx) => launchOf(ptx, DEFAULT_LIMITS.hostBytes, 8)));
  const expected = await runFixtures(build, launches);
  const answers = await runFixtures({ ...build, environment: { LD_PRELOAD: shim } }, launches);
  expect(answers.map(withoutClock)).toEqual(expected.map(withoutClock));
});

function withoutClock({ result, ...rest }: Answer) {
  return { ...rest, result: { ...result, wallSeconds: 0 } };
}
