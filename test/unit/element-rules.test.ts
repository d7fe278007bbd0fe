import { describe, expect, it } from "vitest";
import { judgeBits, judgeByTolerance, judgeExactly } from "../../src/checks/diff/element-rules.ts";

const { NaN: NOT_A_NUMBER, NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;

describe("the exact rule", () => {
  it("passes equal values, NaN and infinities too", () => {
    const values = [1, -0, NOT_A_NUMBER, NEGATIVE_INFINITY];
    expect(judgeExactly(values, [...values], 0, 4)).toMatchObject({ excess: 0, broken: [] });
  });

  it("counts what differs in its vector alone and names the first", () => {
    const verdict = judgeExactly([9, 1, 2, 3, 4, 5], [0, 1, 2, 3, 5, 6], 1, 3);
    expect(verdict).toMatchObject({ index: 1, worst: 4, excess: POSITIVE_INFINITY });
    expect(verdict.broken).toEqual(["2 of 3 elements differ, none may"]);
  });
});

describe("the rule for kept bits", () => {
  it("names the element whose byte has changed", () => {
    const before = new Uint8Array(16);
    const out = before.slice();
    out[11] = 1;
    expect(judgeBits(out, before, 2, 0, 8)).toMatchObject({ worst: 5, excess: POSITIVE_INFINITY });
    expect(judgeBits(before, before, 2, 0, 8)).toMatchObject({ excess: 0 });
  });
});

describe("the rule of a tolerance", () => {
  const rule = { atol: 0.5, rtol: 0.01, source: "" };
  const judge = (...out: number[]) =>
    judgeByTolerance(Float64Array.of(...out), Float64Array.of(100, 0, NEGATIVE_INFINITY), rule, 0, 3);

  it("allows atol and rtol together", () => {
    expect(judge(101.5, 0.5, NEGATIVE_INFINITY)).toMatchObject({ excess: 1, broken: [] });
    const verdict = judge(100, 0.75, NEGATIVE_INFINITY);
    expect(verdict).toMatchObject({ worst: 1, excess: 1.5, finite: true });
    expect(verdict.broken).toEqual(["its error is 0.75, limit 0.5"]);
  });

  it.each([
    ["a value where the reference is infinite", judge(100, 0, -1e30), 2],
    ["the other infinity", judge(100, 0, POSITIVE_INFINITY), 2],
    ["NaN", judge(NOT_A_NUMBER, 0, NEGATIVE_INFINITY), 0],
    ["infinity where the reference is not", judge(100, POSITIVE_INFINITY, NEGATIVE_INFINITY), 1],
  ])("refuses %s", (_, verdict, worst) => {
    expect(verdict).toMatchObject({ finite: false, excess: POSITIVE_INFINITY, worst });
  });

  it("without any allowance takes equal values alone", () => {
    const none = { atol: 0, rtol: 0, source: "" };
    expect(judgeByTolerance(Float64Array.of(1), Float64Array.of(1), none, 0, 1).excess).toBe(0);
    expect(judgeByTolerance(Float64Array.of(1.5), Float64Array.of(1), none, 0, 1).excess).toBe(POSITIVE_INFINITY);
  });
});
