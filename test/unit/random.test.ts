import { expect, it } from "vitest";
import { RandomStream } from "../../src/random.ts";

it("gives the same numbers for the same seed and stream, on every platform", () => {
  const stream = new RandomStream(1, "x");
  expect([stream.bits(), stream.bits(), stream.bits()]).toEqual(FIRST_BITS);
  expect(new RandomStream(1, "y").bits()).not.toBe(FIRST_BITS[0]);
  expect(new RandomStream(2, "x").bits()).not.toBe(FIRST_BITS[0]);
});

it("draws normal numbers of mean 0 and variance 1", () => {
  const stream = new RandomStream(7, "normal");
  const values = Array.from({ length: 20000 }, () => stream.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
});

it("draws whole numbers up to and including both ends", () => {
  const stream = new RandomStream(3, "integers");
  const values = new Set(Array.from({ length: 200 }, () => stream.integer(-1, 2)));
  expect([...values].sort((left, right) => left - right)).toEqual([-1, 0, 1, 2]);
});

const FIRST_BITS = [4251390948, 2887305636, 3290352224];
