import { expect, it } from "vitest";
import { judgeExpectation } from "../../src/checks/diff/expectation.ts";
import { encode } from "../../src/dtype.ts";

function judge(actual: number[], wanted: number[], atol = 0, rtol = 0) {
  return judgeExpectation(encode("f32", actual), { name: "y", dtype: "f32", bytes: encode("f32", wanted), atol, rtol });
}

it("accepts equal values, also not finite ones", () => {
  expect(judge([1, Number.NaN, Number.POSITIVE_INFINITY], [1, Number.NaN, Number.POSITIVE_INFINITY])).toEqual([]);
});

it("accepts values within atol + rtol |expected|", () => {
  expect(judge([1.5, 103], [1, 100], 0.5, 0.025)).toEqual([]);
});

it("reports the element farthest past its tolerance and counts the wrong ones", () => {
  const [finding, ...others] = judge([1, 2, 9], [1, 1, 1], 0.5);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ check: "diff", class: "wrong-value", byteOffset: 8, bytes: 4, count: 2 });
});

it("rejects NaN where a number is due and the other way round", () => {
  expect(judge([Number.NaN], [1], 1e9)).toHaveLength(1);
  expect(judge([1], [Number.NaN], 1e9)).toHaveLength(1);
});
