import { describe, expect, it } from "vitest";
import { packMarlin, permuteScales, scalePositions, unpackMarlin, unpermuteScales } from "../../../src/int4/marlin.ts";
import { headShape } from "../../../src/int4/shape.ts";
import { RandomStream } from "../../../src/random.ts";
import { closedForm, positionDigit, repack } from "./marlin-formula.ts";

function codesOf(vocab: number, hidden: number, codeAt: (k: number, n: number) => number): Uint8Array {
  return Uint8Array.from({ length: vocab * hidden }, (_, i) => codeAt(i % hidden, Math.floor(i / hidden)));
}

const SHAPES: [number, number][] = [
  [64, 16],
  [128, 48],
  [192, 32],
  [64, 256],
];

describe.each(SHAPES)("a head of vocab %i and hidden %i", (vocab, hidden) => {
  const digits = [0, 1, 2, 3].filter((digit) => 16 ** digit < vocab * hidden);

  it.each(digits)("has every code where the closed form has it: hex digit %i of the position", (digit) => {
    const codeAt = positionDigit(vocab, digit);
    const packed = packMarlin(codesOf(vocab, hidden, codeAt), vocab, hidden);
    expect(packed).toEqual(closedForm(hidden, vocab, codeAt));
  });

  it.each(digits)("unpacks hex digit %i of the position", (digit) => {
    const codeAt = positionDigit(vocab, digit);
    expect(unpackMarlin(closedForm(hidden, vocab, codeAt), vocab, hidden)).toEqual(codesOf(vocab, hidden, codeAt));
  });

  it("is what vLLM's repack kernel makes of the same codes in GPTQ words", () => {
    const stream = new RandomStream(1, `${vocab}x${hidden}`);
    const codes = Uint8Array.from({ length: vocab * hidden }, () => stream.integer(0, 15));
    const words = new Uint32Array((vocab * hidden) / 8);
    for (let n = 0; n < vocab; n++) {
      for (let k = 0; k < hidden; k++) {
        const word = (k >> 3) * vocab + n;
        words[word] = (words[word] as number) | ((codes[n * hidden + k] as number) << (4 * (k & 7)));
      }
    }
    expect(packMarlin(codes, vocab, hidden)).toEqual(repack(words, hidden, vocab));
  });
});

it("brings each of the 16 codes through each of the 1024 places of a tile", () => {
  for (let code = 0; code < 16; code++) {
    for (let place = 0; place < 1024; place++) {
      const codes = new Uint8Array(1024).fill(15 - code);
      codes[place] = code;
      const words = packMarlin(codes, 64, 16);
      if (Buffer.compare(unpackMarlin(words, 64, 16), codes) !== 0) throw new Error(`code ${code} at place ${place}`);
    }
  }
});

it("brings a head of 4096 by 2560 through packing and back", () => {
  const codes = new Uint8Array(4096 * 2560);
  const stream = new RandomStream(2, "codes");
  for (let i = 0; i < codes.length; i++) codes[i] = stream.bits() & 15;
  const words = packMarlin(codes, 4096, 2560);
  expect(Buffer.compare(unpackMarlin(words, 4096, 2560), codes)).toBe(0);
  for (const [tile, block] of [
    [0, 0],
    [77, 50],
    [159, 63],
  ] as const) {
    const codeAt = (k: number, n: number) => codes[(64 * block + n) * 2560 + 16 * tile + k] as number;
    const at = 2 * 4096 * tile + 128 * block;
    expect(words.subarray(at, at + 128)).toEqual(closedForm(16, 64, codeAt));
  }
});

it("packs codes that begin at an odd address", () => {
  const shifted = new Uint8Array(1025).subarray(1);
  shifted.forEach((_, i) => {
    shifted[i] = i % 16;
  });
  expect(packMarlin(shifted, 64, 16)).toEqual(packMarlin(shifted.slice(), 64, 16));
});

describe("scales", () => {
  it("have vLLM's grouped order per 64 columns", () => {
    const shape = headShape(128, 64, 32);
    const rows = Uint16Array.from({ length: 128 * 2 }, (_, i) => i);
    const order = Array.from({ length: 64 }, (_, p) => Math.floor(p / 8) + 8 * (p % 8));
    const expected = [0, 1].flatMap((group) =>
      [0, 64].flatMap((first) => order.map((column) => (first + column) * 2 + group)),
    );
    expect([...permuteScales(rows, shape)]).toEqual(expected);
  });

  it("have vLLM's single order per 32 columns where there is one to a column", () => {
    const order = [0, 1, 8, 9, 16, 17, 24, 25].flatMap((column) => [column]);
    const single = [0, 1, 2, 3].flatMap((i) => order.map((column) => 2 * i + column));
    const rows = Uint16Array.from({ length: 64 }, (_, i) => i);
    for (const shape of [headShape(64, 128, "channel"), headShape(64, 128, 128)]) {
      expect([...permuteScales(rows, shape)]).toEqual([...single, ...single.map((column) => 32 + column)]);
    }
  });

  it.each([32, 128, "channel"] as const)("come back, group size %s", (groupSize) => {
    const shape = headShape(192, 256, groupSize);
    const rows = Uint16Array.from({ length: (192 * 256) / (groupSize === "channel" ? 256 : groupSize) }, (_, i) => i);
    const permuted = permuteScales(rows, shape);
    expect(permuted).not.toEqual(rows);
    expect(unpermuteScales(permuted, shape)).toEqual(rows);
    expect([...scalePositions(shape)].sort((a, b) => a - b)).toEqual(scalePositions(shape).map((_, i) => i));
  });
});

describe("refusals", () => {
  const refused = expect.objectContaining({ code: "TENSOR_INVALID" });

  it.each([
    [64, 24, "hidden is 24"],
    [96, 16, "vocab is 96"],
    [0, 16, "vocab is 0"],
    [64, 0, "hidden is 0"],
  ])("vocab %i, hidden %i", (vocab, hidden, message) => {
    expect(() => packMarlin(new Uint8Array(vocab * hidden), vocab, hidden)).toThrow(message);
    expect(() => unpackMarlin(new Uint32Array((vocab * hidden) / 8), vocab, hidden)).toThrow(refused);
  });

  it("codes that are not 4 bits, with their place", () => {
    const codes = new Uint8Array(64 * 32);
    codes[3 * 32 + 5] = 16;
    expect(() => packMarlin(codes, 64, 32)).toThrow("code 16 at [3, 5], 0 to 15 are 4 bits");
  });

  it("arrays that do not fit the shape", () => {
    expect(() => packMarlin(new Uint8Array(1), 64, 16)).toThrow("1 codes, [64, 16] has 1024");
    expect(() => unpackMarlin(new Uint32Array(1), 64, 16)).toThrow("1 words, [1, 128] has 128");
    expect(() => permuteScales(new Uint16Array(1), headShape(64, 64, 32))).toThrow("1 scales, [64, 2] has 128");
  });

  it("shapes of heads", () => {
    expect(() => headShape(100, 40, 32)).toThrow("hidden is 40, Marlin needs a multiple of 16");
    expect(() => headShape(100, 48, 32)).toThrow("hidden 48 is no multiple of group size 32");
    expect(() => headShape(100, 64, 48 as 32)).toThrow("group size is 48");
    expect(() => headShape(100, 64, 32, 96)).toThrow("multiple of 96");
    expect(() => headShape(0.5, 64, 32)).toThrow(refused);
    expect(headShape(100, 64, 32, 256)).toEqual({
      vocabSize: 100,
      paddedVocabSize: 256,
      hiddenSize: 64,
      groupSize: 32,
    });
  });
});
