import { describe, expect, it } from "vitest";
import { judgeByNaive } from "../../src/checks/diff/naive-rule.ts";
import { DTYPES } from "../../src/dtype.ts";
import { roundToBf16 } from "../../src/narrow-float.ts";
import { RandomStream } from "../../src/random.ts";

const LENGTH = 256;

interface Expected {
  reference: Float64Array;
  naive: Float64Array;
}

function expected(reference: Float64Array, naive = reference): Expected {
  return { reference, naive };
}

function judge(out: Float64Array, output: Expected) {
  return Array.from({ length: out.length / LENGTH }, (_, index) =>
    judgeByNaive(out, output, DTYPES.bf16.unitRoundoff, index, LENGTH),
  );
}

function normal(scale = 1): Float64Array {
  const stream = new RandomStream(1, "reference");
  return Float64Array.from({ length: LENGTH }, () => stream.normal() * scale);
}

function excessOf(out: Float64Array, output: Expected): number {
  return Math.max(...judge(out, output).map(({ excess }) => excess));
}

describe("an honest kernel passes", () => {
  const worstRounding = Float64Array.from({ length: LENGTH }, (_, i) => (i % 2 ? -1 : 1) * (1 + 2 ** -8 + 2 ** -30));

  it.each([
    ["one rounding, naive exact", normal()],
    ["one rounding at the worst place of every element, naive exact", worstRounding],
    ["large values", normal(2 ** 60)],
    ["tiny values", normal(2 ** -60)],
    ["zeros", new Float64Array(LENGTH)],
  ])("%s", (_, reference) => {
    expect(excessOf(reference.map(roundToBf16), expected(reference))).toBeLessThan(1);
  });

  it("with the infinities of the reference", () => {
    const reference = normal().map((value, i) => (i < 8 ? Number.NEGATIVE_INFINITY : value));
    expect(excessOf(reference.map(roundToBf16), expected(reference))).toBeLessThan(1);
    const positive = reference.map((value, i) => (i === 7 ? Number.POSITIVE_INFINITY : value));
    expect(excessOf(positive, expected(reference))).toBe(Number.POSITIVE_INFINITY);
  });

  it("with as much error as twice the naive path", () => {
    const reference = normal();
    const naive = reference.map((value) => value * 1.01);
    const out = reference.map((value) => value * 1.02);
    expect(excessOf(out, expected(reference, naive))).toBeLessThanOrEqual(1);
  });
});

describe("a wrong kernel fails", () => {
  const reference = normal();
  const wrongElement = (value: number) => reference.map((kept, i) => (i === 7 ? value : roundToBf16(kept)));

  it.each([
    ["one element off by more than an ulp of the largest", wrongElement((reference[7] as number) + 0.02)],
    ["one element of the opposite sign", wrongElement(-2)],
    ["everything scaled by 1%", reference.map((value) => value * 1.01)],
    ["elements shifted by one", reference.map((_, i) => reference[(i + 1) % LENGTH] as number)],
    ["zeros", new Float64Array(LENGTH)],
    ["NaN in one element", wrongElement(Number.NaN)],
    ["infinity in one element", wrongElement(Number.POSITIVE_INFINITY)],
  ])("%s", (_, out) => {
    expect(excessOf(out, expected(reference))).toBeGreaterThan(1);
  });

  it("in one vector of many, which an average would hide", () => {
    const many = new Float64Array(64 * LENGTH).map((_, i) => reference[i % LENGTH] as number);
    const out = many.map((value, i) => (Math.floor(i / LENGTH) === 40 ? value * 1.02 : roundToBf16(value)));
    const failed = judge(out, expected(many)).filter(({ excess }) => excess > 1);
    expect(failed.map(({ index }) => index)).toEqual([40]);
  });

  it("where zeros were due", () => {
    const out = new Float64Array(LENGTH);
    out[3] = 2 ** -100;
    expect(excessOf(out, expected(new Float64Array(LENGTH)))).toBe(Number.POSITIVE_INFINITY);
  });

  it("where the reference or the naive path is not finite", () => {
    const broken = reference.map((value, i) => (i === 0 ? Number.NaN : value));
    expect(excessOf(reference, expected(broken))).toBe(Number.POSITIVE_INFINITY);
    expect(excessOf(reference, expected(reference, broken))).toBe(Number.POSITIVE_INFINITY);
  });
});

it("tells the limit of the vector from the one of its elements", () => {
  const reference = normal();
  const out = reference.map((value, i) => (i === 7 ? value + 0.02 : roundToBf16(value)));
  const [verdict] = judge(out, expected(reference));
  expect(verdict?.broken).toEqual([expect.stringMatching(/^its error .* of the vector's largest value, limit /)]);
});
