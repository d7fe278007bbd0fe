import { expect, it } from "vitest";
import { DTYPE_NAMES, DTYPES, decode, encode, integerRange, roundTo } from "../../src/dtype.ts";

it.each(DTYPE_NAMES)("%s keeps small whole numbers and writes little-endian", (dtype) => {
  const bytes = encode(dtype, [1, 0, 100]);
  expect(bytes.byteLength).toBe(3 * DTYPES[dtype].bytes);
  expect([...decode(dtype, bytes)]).toEqual([1, 0, 100]);
});

it("knows the ranges of integers, 64-bit ones as far as JSON holds them", () => {
  expect(integerRange("i8")).toEqual({ min: -128, max: 127 });
  expect(integerRange("u16")).toEqual({ min: 0, max: 65535 });
  expect(integerRange("i64")).toEqual({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
});

it("rounds floats to the nearest value of the dtype", () => {
  expect(roundTo("f32", 0.1)).toBe(Math.fround(0.1));
  expect(roundTo("bf16", 1.01)).toBe(1.0078125);
});
