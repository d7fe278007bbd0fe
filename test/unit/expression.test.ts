import { expect, it } from "vitest";
import { evaluateBoolean, evaluateInteger } from "../../src/expression.ts";

const axes = { num_tokens: 3, num_qo_heads: 8, num_kv_heads: 0 };

it("evaluates integers with truncating division", () => {
  expect(evaluateInteger("(num_tokens * (num_qo_heads + 2 * num_kv_heads) + 7) / 8", axes)).toBe(3);
  expect(evaluateInteger("7 / 2", axes)).toBe(3);
});

it("evaluates constraints", () => {
  expect(evaluateBoolean("num_qo_heads >= num_tokens", axes)).toBe(true);
});

it.each([
  ["num_heads + 1", /num_heads/],
  ["num_tokens / num_kv_heads", /division by zero/],
  ["num_tokens > 1", /not an integer/],
  ["(num_tokens", /RPAREN/],
])("refuses %s", (expression, reason) => {
  expect(() => evaluateInteger(expression, axes)).toThrow(reason);
});
