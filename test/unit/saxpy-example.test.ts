import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { decode, encode, roundTo } from "../../src/dtype.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { RandomStream } from "../../src/random.ts";

const COUNT = 500;

function example(file: string): Uint8Array {
  return readFileSync(join(PACKAGE_ROOT, "examples", file));
}

it("expects of the saxpy example what saxpy is", () => {
  const stream = new RandomStream(1, "x");
  const x = decode(
    "f32",
    encode(
      "f32",
      Float64Array.from({ length: COUNT }, () => stream.normal()),
    ),
  );
  const y = decode("f32", example("saxpy.y.bin"));
  const expected = Float64Array.from(x, (value, i) => roundTo("f32", 2.5 * value + (y[i] as number)));
  expect(decode("f32", example("saxpy.y.expected.bin"))).toEqual(expected);
});
