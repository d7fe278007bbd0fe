import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "../../src/dtype.ts";
import type { NativeParameter } from "../../src/native/addon.ts";
import { BENCH_FOLDER, type Work } from "./machine.ts";

const BLOCK = 256;
const UNROLL = 4;

/** CTAs of 256 threads and turns of the loop: the elements of x are 1024 times their product. */
export interface LoopSize {
  ctas: number;
  turns: number;
}

/** One of the five loops on its data; `verify` throws unless the last run left the right values. */
export interface Loop {
  name: string;
  work: Work;
  poison(): void;
  verify(): void;
}

export const LOOP_SIZES: Record<string, LoopSize> = {
  alu: { ctas: 64, turns: 4096 },
  "contiguous loads": { ctas: 128, turns: 64 },
  "load and store": { ctas: 128, turns: 64 },
  "scattered loads": { ctas: 128, turns: 64 },
  mma: { ctas: 64, turns: 64 },
};

export function loops(sizes: Record<string, LoopSize> = LOOP_SIZES): Loop[] {
  return Object.entries(sizes).map(([name, size]) => {
    const make = MAKERS[name];
    if (make === undefined) throw new Error(`no loop is called ${name}`);
    return make(name, size);
  });
}

type Maker = (name: string, size: LoopSize) => Loop;

const MAKERS: Record<string, Maker> = {
  alu: (name, size) => loop(name, "alu", size, [], threadsOf(size) * 2, (i) => aluWord(i, size.turns)),
  "contiguous loads": (name, size) => {
    const x = elements(size);
    return loop(name, "contiguous_loads", size, [floats("x", x)], threadsOf(size), (thread) => {
      const first = Math.floor(thread / BLOCK) * size.turns * UNROLL * BLOCK + (thread % BLOCK);
      let sum = 0;
      for (let i = 0; i < size.turns * UNROLL; i++) sum += 2 * (x[first + i * BLOCK] as number);
      return bitsOf(sum);
    });
  },
  "load and store": (name, size) => {
    const x = elements(size);
    const inputs = [floats("x", x)];
    return loop(name, "load_store", size, inputs, x.length, (i) => bitsOf(2 * (x[i] as number) + 1));
  },
  "scattered loads": (name, size) => {
    const x = elements(size);
    const shift = 32 - Math.log2(x.length);
    const wordOf = (thread: number) => {
      let [state, sum] = [Math.imul(thread, 747796405), 0];
      for (let i = 0; i < size.turns * UNROLL; i++) {
        state = congruence(state);
        sum += 2 * (x[state >>> shift] as number);
      }
      return bitsOf(sum);
    };
    return loop(name, "scattered_loads", size, [floats("x", x)], threadsOf(size), wordOf, [scalar("shift", shift)]);
  },
  mma: (name, size) =>
    loop(name, "mma", size, [], threadsOf(size) * 2, (i) => {
      const row = Math.floor(((i >> 1) % 32) / 4) + 8 * (i % 2);
      return bitsOf((row + 1) * 16 * UNROLL * size.turns);
    }),
};

/** `outputWords` 32-bit words follow the inputs; then the turns and `scalars`. */
function loop(
  name: string,
  entry: string,
  size: LoopSize,
  inputs: NativeParameter[],
  outputWords: number,
  expectedWord: (index: number) => number,
  scalars: NativeParameter[] = [],
): Loop {
  const out = new Uint32Array(outputWords);
  const bytes = new Uint8Array(out.buffer);
  let expected: Uint32Array | undefined;
  const output: NativeParameter = { kind: "buffer", name: "out", bytes, initialised: false };
  return {
    name,
    work: {
      ptx: readFileSync(join(BENCH_FOLDER, "loops", `${entry}.ptx`), "utf8"),
      ptxName: `${entry}.ptx`,
      entry,
      grid: [size.ctas, 1, 1],
      block: [BLOCK, 1, 1],
      sharedBytes: 0,
      cooperative: false,
      params: [...inputs, output, scalar("turns", size.turns), ...scalars],
    },
    poison: () => out.fill(0xffffffff),
    verify: () => {
      expected ??= Uint32Array.from({ length: outputWords }, (_, i) => expectedWord(i));
      const right = expected;
      const wrong = out.findIndex((word, i) => word !== right[i]);
      if (wrong < 0) return;
      throw new Error(`${entry}.ptx left ${out[wrong]} in word ${wrong}, expected ${right[wrong]}`);
    },
  };
}

function threadsOf({ ctas }: LoopSize): number {
  return ctas * BLOCK;
}

/** Small whole numbers, whose sums are exact in any order. */
function elements(size: LoopSize): Float32Array {
  return Float32Array.from({ length: threadsOf(size) * size.turns * UNROLL }, (_, i) => (i * 7) % 61);
}

function floats(name: string, values: Float32Array): NativeParameter {
  return { kind: "buffer", name, bytes: new Uint8Array(values.buffer), initialised: true };
}

function scalar(name: string, value: number): NativeParameter {
  return { kind: "scalar", name, bytes: encode("u32", [value]) };
}

function congruence(state: number): number {
  return (Math.imul(state, 1664525) + 1013904223) | 0;
}

const oneFloat = new Float32Array(1);
const oneWord = new Uint32Array(oneFloat.buffer);

function bitsOf(value: number): number {
  oneFloat[0] = value;
  return oneWord[0] as number;
}

/** What alu.ptx leaves in word `index`: integers in even words, a float in odd ones. */
function aluWord(index: number, turns: number): number {
  const thread = index >> 1;
  let [a, b, d, e] = [thread, thread ^ 40503, 0, 0];
  let [f, g] = [0, Math.fround(thread)];
  for (let turn = 0; turn < turns; turn++) {
    a = congruence(a);
    b ^= a >>> 13;
    a = (a + (b << 3)) | 0;
    d = (d + (a >>> 0 > b >>> 0 ? a : b)) | 0;
    f = Math.fround(f * 0.5 + 1);
    g = Math.fround(Math.fround(g * 0.99609375) + f);
    e = (e + (d & 255)) | 0;
  }
  return index % 2 === 0 ? (d ^ e) >>> 0 : bitsOf(g);
}
