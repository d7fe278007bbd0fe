import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { conditions } from "../../bench/machine/conditions.ts";
import { runControl } from "../../bench/machine/control.ts";
import { documentSchema } from "../../bench/machine/document.ts";
import { measureHead } from "../../bench/machine/int4-head.ts";
import { measureLoops, SETTINGS } from "../../bench/machine/loop-costs.ts";
import { LOOP_SIZES, loops } from "../../bench/machine/loops.ts";
import { BENCH_FOLDER } from "../../bench/machine/machine.ts";
import { interleaved, ratio, summarise } from "../../bench/machine/measure.ts";
import { measureSideBySide } from "../../bench/machine/side-by-side.ts";
import { documentText } from "../../bench/machine/text.ts";
import { OBSERVERS } from "../../src/native/addon.ts";

const ONCE = { warmups: 0, repetitions: 1 };
const TINY_LOOPS = Object.fromEntries(Object.keys(LOOP_SIZES).map((name) => [name, { ctas: 2, turns: 4 }]));

it("measures every part on tiny sizes and writes a document of its schema, at most 100 columns wide", async () => {
  const document = documentSchema.parse({
    schema: "decode-lab/bench-machine@1",
    date: "2026-01-01",
    conditions: conditions(),
    ...ONCE,
    control: await runControl(),
    loops: await measureLoops(ONCE, TINY_LOOPS),
    sideBySide: await measureSideBySide(join(BENCH_FOLDER, "no-python"), ONCE),
    int4Head: await measureHead(ONCE, { rows: 64, columns: 512 }),
  });
  const names = document.loops?.map(({ name }) => name);
  expect(names).toEqual(["alu", "contiguous loads", "load and store", "scattered loads", "mma"]);
  for (const loop of document.loops ?? []) expect("refused" in loop && loop.name !== "mma").toBe(false);
  expect(document.sideBySide).toEqual({ missing: expect.stringContaining("setup:python") });
  expect(document.int4Head?.rowsCompared).toBe(64);
  const text = documentText(document);
  expect(text.split("\n").filter((line) => line.length > 100 && !line.startsWith("Refused"))).toEqual([]);
  expect(text).toContain("Not measured: no Python");
});

it("has each observer tell of a wrong kernel, all together, and none without observers", async () => {
  const told = { races: ["races"], faults: ["bounds"], initialised: ["initialised"], traffic: ["traffic"] };
  expect(await runControl()).toEqual(told);
  expect(Object.keys(told)).toEqual(OBSERVERS);
  const { all, "all, 2 threads": onTwo, none, "none, 2 threads": noneOnTwo } = SETTINGS;
  expect([all, onTwo, none, noneOnTwo].map(({ observers }) => observers)).toEqual([OBSERVERS, OBSERVERS, [], []]);
});

it("does not take a loop's wrong output", async () => {
  const [loop] = loops({ alu: { ctas: 1, turns: 1 } });
  loop?.poison();
  expect(() => loop?.verify()).toThrow("alu.ptx left 4294967295 in word 0");
});

it("runs its cases in turn and marks a ratio one of whose sides is unsteady", async () => {
  const order: string[] = [];
  const timed = (name: string) => ({
    name,
    run: async () => {
      order.push(name);
      return 1 + order.length;
    },
  });
  const summaries = await interleaved([timed("a"), timed("b")], { warmups: 1, repetitions: 2 });
  expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
  expect(summaries.get("a")?.samples).toEqual([4, 6]);
  const steady = summarise([1, 1, 1, 1.1, 1.1]);
  expect(ratio(summarise([2, 2, 2, 2.1, 2.1]), steady)).toEqual({ value: 2, steady: true });
  expect(ratio(summarise([1, 2, 2, 3, 3]), steady)).toEqual({ value: 2, steady: false });
});

it("has the PTX of the int4 head beside its source, with its origin", () => {
  const read = (name: string) => readFileSync(join(BENCH_FOLDER, "int4", name));
  const sha256 = (name: string) => createHash("sha256").update(read(name)).digest("hex");
  const origin = JSON.parse(read("int4_gemv.sm_80.json").toString());
  expect(origin.sourceSha256).toBe(sha256("int4_gemv.cu"));
  expect(origin.ptxSha256).toBe(sha256("int4_gemv.sm_80.ptx"));
});
