import { expect, it } from "vitest";
import { lineOfPath, lineOfSyntaxError } from "../../src/json-position.ts";

const TEXT = `{
  "a": "x, y ] }",
  "params": [
    { "name": "x \\" y",
      "dtype": "f33" },
    { "name": "n" }
  ],
  "last": 1
}`;

it.each([
  [["a"], 2],
  [["params", 0, "dtype"], 5],
  [["params", 1, "name"], 6],
  [["params", 1, "value"], 6],
  [["last"], 8],
  [["absent"], 1],
  [[], 1],
] as [(string | number)[], number][])("finds %j on line %d", (path, line) => {
  expect(lineOfPath(TEXT, path)).toBe(line);
});

it.each([
  ['{\n  "a": ,\n}', 2],
  ['{\n  "a": 1\n  "b": 2\n}', 3],
  ['{\n  "a": [1,\n', 3],
  ["", 1],
])("finds where %j stops being JSON", (text, line) => {
  expect(lineOfSyntaxError(text)).toBe(line);
});
