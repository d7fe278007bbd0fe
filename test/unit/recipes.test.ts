import { expect, it } from "vitest";
import { roundToBf16 } from "../../src/narrow-float.ts";
import { RandomStream } from "../../src/random.ts";
import { activationValues, RECIPE_NAMES, weightValues } from "../../src/recipes.ts";

const LAYOUT = { count: 3, length: 40, valid: 32, vectorLength: 16 };

it.each(RECIPE_NAMES)("%s fills data with finite numbers and padding with NaN", (recipe) => {
  const values = activationValues(recipe, new RandomStream(1, "x"), LAYOUT);
  expect(values.length).toBe(120);
  for (const [i, value] of values.entries()) {
    expect(Number.isFinite(value)).toBe(i % 40 < 32);
  }
});

it("zeros-rows makes every other vector zero", () => {
  const values = activationValues("zeros-rows", new RandomStream(1, "x"), LAYOUT);
  expect(values.subarray(0, 16).every((value) => value === 0)).toBe(true);
  expect(values.subarray(16, 32).some((value) => value !== 0)).toBe(true);
});

it("gives 512 weights that all differ in bfloat16 and are not 0", () => {
  const weights = weightValues(new RandomStream(1, "w"), 512).map(roundToBf16);
  expect(new Set(weights).size).toBe(512);
  expect(weights.includes(0)).toBe(false);
});
