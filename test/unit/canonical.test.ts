import { expect, it } from "vitest";
import { canonicalJson, recordId } from "../../src/canonical.ts";

it("writes equal values alike, whatever the order of their keys", () => {
  const left = { b: [1, { d: null, c: "x" }], a: true, absent: undefined };
  expect(canonicalJson(left)).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  expect(recordId({ b: [1, { c: "x", d: null }], a: true })).toBe(recordId(left));
});

it("writes the text that kernels/tests/test_provenance.py expects of Python", () => {
  const value = { b: [1, true, null], a: { "é\u2028\x7f": '"\\\n\x01' }, "\ue000": 0, "\u{1f600}": -1 };
  const text = '{"a":{"é\u2028\x7f":"\\"\\\\\\n\\u0001"},"b":[1,true,null],"\u{1f600}":-1,"\ue000":0}';
  expect(canonicalJson(value)).toBe(text);
});
