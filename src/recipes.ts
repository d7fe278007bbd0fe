import type { RandomStream } from "./random.ts";

/** Values of one vector, `length` elements; `index` is its place among the tensor's vectors. */
type VectorRecipe = (stream: RandomStream, length: number, index: number) => Float64Array;

const normal: VectorRecipe = (stream, length) => scaled(stream, length, 1);

const zeros: VectorRecipe = (_stream, length) => new Float64Array(length);

/** Mean squares of 6e-10, far below any usual eps. */
const tiny: VectorRecipe = (stream, length) => scaled(stream, length, 2 ** -14);

/** Squares beyond float16's range. */
const large: VectorRecipe = (stream, length) => scaled(stream, length, 2 ** 13);

/** One element carries the norm. */
const outlier: VectorRecipe = (stream, length) => {
  const values = scaled(stream, length, 2 ** -4);
  values[stream.integer(0, length - 1)] = 512;
  return values;
};

/** One magnitude with both signs: every element rounds alike, so rounding errors do not average out. */
const alternating: VectorRecipe = (_stream, length) =>
  Float64Array.from({ length }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + 2 ** -7));

/** A mean far from 0. */
const offset: VectorRecipe = (stream, length) => scaled(stream, length, 1).map((value) => value + 24);

/** Vectors take the recipes in turn. */
function inTurn(...recipes: [VectorRecipe, ...VectorRecipe[]]): VectorRecipe {
  return (stream, length, index) => (recipes[index % recipes.length] ?? recipes[0])(stream, length, index);
}

/** How activations are filled, by the name that a workload gives. */
const RECIPES = {
  normal,
  "zeros-rows": inTurn(zeros, normal),
  large,
  "eps-dominated": tiny,
  adversarial: inTurn(normal, zeros, tiny, large, outlier, alternating, offset),
} satisfies Record<string, VectorRecipe>;

export type RecipeName = keyof typeof RECIPES;

export const RECIPE_NAMES = Object.keys(RECIPES) as [RecipeName, ...RecipeName[]];

export function isRecipe(name: string): name is RecipeName {
  return Object.hasOwn(RECIPES, name);
}

/** Rows of `length` elements; the first `valid` of each are data in vectors of `vectorLength`, the rest is padding. */
export interface RowLayout {
  count: number;
  length: number;
  valid: number;
  vectorLength: number;
}

/** Activations row by row; padding is NaN, so that reading it shows. */
export function activationValues(recipe: RecipeName, stream: RandomStream, rows: RowLayout): Float64Array {
  const values = new Float64Array(rows.count * rows.length).fill(Number.NaN);
  let index = 0;
  for (let row = 0; row < rows.count; row++) {
    for (let start = 0; start < rows.valid; start += rows.vectorLength) {
      const length = Math.min(rows.vectorLength, rows.valid - start);
      values.set(RECIPES[recipe](stream, length, index), row * rows.length + start);
      index += 1;
    }
  }
  return values;
}

/** Weights around 1 in random order, all different in bfloat16, so that one dropped, shifted or taken twice shows. */
export function weightValues(stream: RandomStream, count: number): Float64Array {
  const values = distinctNearOne(count);
  for (let i = count - 1; i > 0; i--) {
    const j = stream.integer(0, i);
    const held = values[i] as number;
    values[i] = values[j] as number;
    values[j] = held;
  }
  return values;
}

/** bfloat16 has 128 values per octave: octaves are taken by their distance from 1, with both signs once the positive ones are used up. */
function distinctNearOne(count: number): Float64Array {
  const octaves = [0, -1, 1, -2];
  const perSign = octaves.length * 128;
  return Float64Array.from({ length: count }, (_, i) => {
    const sign = Math.floor(i / perSign) % 2 === 0 ? 1 : -1;
    const place = i % perSign;
    return sign * (1 + (place % 128) / 128) * 2 ** (octaves[Math.floor(place / 128)] as number);
  });
}

function scaled(stream: RandomStream, length: number, factor: number): Float64Array {
  return Float64Array.from({ length }, () => stream.normal() * factor);
}
