import { expect, it } from "vitest";
import { canonicalJson, recordId } from "../../src/canonical.ts";

it("writes equal values alike, whatever the order of their keys", () => {
  const left = { b: [1, { d: null, c: "x" }], a: true, absent: undefined };
  expect(canonicalJson(left)).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  expect(recordId({ b: [1, { c: "x", d: null }], a: true })).toBe(recordId(left));
});
