import { beforeAll, describe, expect, it } from "vitest";
import { RandomStream } from "../../src/random.ts";
import { builds } from "./builds.ts";
import { type ElementWork, elementLaunch, elements } from "./element-launch.ts";
import {
  type Direction,
  decode,
  type Exact,
  encode,
  FLOATS,
  type FloatFormat,
  finite,
  INTEGERS,
  infinityBits,
  type NumberFormat,
  toInteger,
} from "./number-formats.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

/** Random wide operands through conversions and arithmetic in every rounding, held against rational arithmetic. */

const COUNT = 512;
const DIRECTIONS: readonly Direction[] = ["n", "z", "m", "p"];
const FORMATS = { ...FLOATS, ...INTEGERS };
type TypeName = keyof typeof FORMATS;
type FloatName = keyof typeof FLOATS;

interface Case {
  instruction: string;
  operands: NumberFormat[];
  result: NumberFormat;
  /** Bits of the result, or undefined for any NaN. */
  expected: (...operands: bigint[]) => bigint | undefined;
}

const isFloat = (format: NumberFormat): format is FloatFormat => format.kind === "float";

/** Uniform bits, numbers near one another, small patterns, and the extremes. */
function randomBits(random: RandomStream, format: NumberFormat): bigint {
  const uniform = BigInt.asUintN(format.bits, (BigInt(random.bits()) << 32n) | BigInt(random.bits()));
  const choice = random.integer(0, 9);
  if (!isFloat(format))
    return choice < 4 ? BigInt.asUintN(format.bits, uniform >> BigInt(random.integer(0, 63))) : uniform;
  const sign = uniform & (1n << BigInt(format.bits - 1));
  const infinity = infinityBits(format);
  if (choice === 0) return sign | ([0n, 1n, infinity - 1n, infinity, infinity + 1n][random.integer(0, 4)] as bigint);
  if (choice < 4) return uniform;
  const significandBits = BigInt(format.significandBits);
  const field = BigInt(random.integer(-6, choice < 7 ? 6 : 40) - format.minExponent + 1);
  const significand = BigInt.asUintN(format.significandBits, uniform);
  const few = random.integer(0, format.significandBits);
  return (
    sign | (field << significandBits) | (choice % 2 === 0 ? significand : (significand >> BigInt(few)) << BigInt(few))
  );
}

function conversion(to: TypeName, from: TypeName, direction: Direction): Case {
  const [result, source] = [FORMATS[to], FORMATS[from]];
  const integral = !isFloat(result) && isFloat(source);
  return {
    instruction: `cvt.r${direction}${integral ? "i" : ""}.${to}.${from}`,
    operands: [source],
    result: isFloat(result) ? result : { ...result, bits: Math.max(result.bits, 16) },
    expected: (bits) => {
      const number = decode(bits, source);
      if (isFloat(result)) return encode(number, result, direction);
      return BigInt.asUintN(Math.max(result.bits, 16), toRegister(toInteger(number, result, direction, source), to));
    },
  };
}

/** What NaN becomes has the top bit alone, which a signed register extends. */
function toRegister(value: bigint, type: TypeName): bigint {
  const { bits } = FORMATS[type];
  return type.startsWith("s") ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

const narrows = (to: FloatName, from: FloatName) => FLOATS[to].bits < FLOATS[from].bits;
const WIDE_INTEGERS = ["u32", "s32", "u64", "s64"] as const;
const floatNames = Object.keys(FLOATS) as FloatName[];

const conversions = DIRECTIONS.flatMap((direction) => [
  ...floatNames.flatMap((to) => WIDE_INTEGERS.map((from) => conversion(to, from, direction))),
  ...(["f32", "f64"] as const).flatMap((from) => [
    ...(Object.keys(INTEGERS) as TypeName[]).map((to) => conversion(to, from, direction)),
    ...floatNames.filter((to) => narrows(to, from)).map((to) => conversion(to, from, direction)),
  ]),
]);

type Operation = (direction: Direction, ...operands: Exact[]) => Exact;

const signed = (number: Exact & { kind: "finite" }) => (number.negative ? -number.numerator : number.numerator);
const NAN: Exact = { kind: "nan" };

const add: Operation = (direction, a, b) => {
  if (a?.kind === "nan" || b?.kind === "nan" || !a || !b) return NAN;
  if (a.kind === "infinite") return b.kind === "infinite" && a.negative !== b.negative ? NAN : a;
  if (b.kind === "infinite") return b;
  const sum = signed(a) * b.denominator + signed(b) * a.denominator;
  const zeroSign = a.numerator === 0n && a.negative === b.negative ? a.negative : direction === "m";
  const negative = sum === 0n ? zeroSign : sum < 0n;
  return finite(negative, sum < 0n ? -sum : sum, a.denominator * b.denominator);
};

const multiply: Operation = (_, a, b) => {
  if (a?.kind === "nan" || b?.kind === "nan" || !a || !b) return NAN;
  const negative = a.negative !== b.negative;
  if (a.kind === "infinite" || b.kind === "infinite") {
    const zero = (a.kind === "finite" && a.numerator === 0n) || (b.kind === "finite" && b.numerator === 0n);
    return zero ? NAN : { kind: "infinite", negative };
  }
  return finite(negative, a.numerator * b.numerator, a.denominator * b.denominator);
};

const divide: Operation = (direction, a, b) => {
  if (b?.kind !== "finite")
    return b?.kind === "infinite" && a?.kind === "finite" ? finite(a.negative !== b.negative, 0n) : NAN;
  if (b.numerator !== 0n) return multiply(direction, a as Exact, finite(b.negative, b.denominator, b.numerator));
  if (a?.kind === "nan" || !a || (a.kind === "finite" && a.numerator === 0n)) return NAN;
  return { kind: "infinite", negative: a.negative !== b.negative };
};

/** The root cut off far below any unit in the last place, with a last bit that says whether anything was. */
const squareRoot: Operation = (_, a) => {
  if (a?.kind !== "finite") return a?.kind === "infinite" && !a.negative ? a : NAN;
  if (a.numerator === 0n) return a;
  if (a.negative) return NAN;
  const scale = 2048n;
  const scaled = (a.numerator << (2n * scale)) / a.denominator;
  const root = integerRoot(scaled);
  const exact = root * root === scaled && scaled * a.denominator === a.numerator << (2n * scale);
  return finite(false, 2n * root + (exact ? 0n : 1n), 1n << (scale + 1n));
};

function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt((value.toString(16).length + 1) * 2);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

const OPERATIONS: { name: string; operands: number; compute: Operation }[] = [
  { name: "add", operands: 2, compute: add },
  { name: "sub", operands: 2, compute: (direction, a, b) => add(direction, a as Exact, negated(b as Exact)) },
  { name: "mul", operands: 2, compute: multiply },
  { name: "div", operands: 2, compute: divide },
  {
    name: "fma",
    operands: 3,
    compute: (direction, a, b, c) => add(direction, multiply(direction, a as Exact, b as Exact), c as Exact),
  },
  { name: "sqrt", operands: 1, compute: squareRoot },
  { name: "rcp", operands: 1, compute: (direction, a) => divide(direction, finite(false, 1n), a as Exact) },
];

function negated(number: Exact): Exact {
  return number.kind === "nan" ? number : { ...number, negative: !number.negative };
}

function arithmetic(type: FloatName, directions: readonly Direction[], names: readonly string[]): Case[] {
  const format = FLOATS[type];
  return OPERATIONS.filter(({ name }) => names.includes(name)).flatMap(({ name, operands, compute }) =>
    directions.map((direction): Case => {
      return {
        instruction: `${name}.r${direction}.${type}`,
        operands: Array(operands).fill(format),
        result: format,
        expected: (...bits) => encode(compute(direction, ...bits.map((one) => decode(one, format))), format, direction),
      };
    }),
  );
}

const everything = OPERATIONS.map(({ name }) => name);
const cases = [
  ...conversions,
  ...arithmetic("f32", DIRECTIONS, everything),
  ...arithmetic("f64", DIRECTIONS, everything),
  ...arithmetic("f16", ["n"], ["add", "sub", "mul", "fma"]),
  ...arithmetic("bf16", ["n"], ["add", "sub", "mul", "fma"]),
];

const inputs = cases.map(({ instruction, operands }) => {
  const random = new RandomStream(1, instruction);
  return operands.map((format) => Array.from({ length: COUNT }, () => randomBits(random, format)));
});

const launches = cases.map(({ instruction, operands, result }, i) => {
  const names = ["%a", "%b", "%c"].slice(0, operands.length).join(", ");
  const work: ElementWork = {
    instruction: `${instruction} %d, ${names}`,
    target: "sm_90",
    count: COUNT,
    operands: operands.map(({ bits }, k) => ({ bytes: bits / 8, data: bytesOf(inputs[i]?.[k] as bigint[], bits / 8) })),
    resultBytes: result.bits / 8,
  };
  return { name: instruction, launch: elementLaunch(work) };
});

function bytesOf(values: readonly bigint[], bytes: number): Uint8Array {
  const result = new Uint8Array(values.length * bytes);
  for (const [i, value] of values.entries())
    for (let byte = 0; byte < bytes; byte++) result[i * bytes + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
  return result;
}

describe.each(builds())("rational arithmetic, $name", (build) => {
  let answers: Answer[];

  beforeAll(async () => {
    answers = await runFixtures(build, launches);
  });

  it.each(cases.map((one, index) => ({ name: one.instruction, one, index })))("$name", ({ one, index }) => {
    const { refused, bytes } = answers[index] as Answer;
    expect(refused).toBeUndefined();
    const got = elements(Buffer.from(bytes?.at(-1) ?? "", "base64"), one.result.bits / 8);
    const wrong: string[] = [];
    for (let element = 0; element < COUNT; element++) {
      const operands = (inputs[index] as bigint[][]).map((list) => list[element] as bigint);
      const found = BigInt(got[element] as number | bigint);
      const wanted = one.expected(...operands);
      const same = wanted === undefined ? decode(found, one.result).kind === "nan" : found === wanted;
      const hex = operands.map((bits) => bits.toString(16)).join(" ");
      if (!same) wrong.push(`${hex}: expected ${wanted?.toString(16) ?? "NaN"}, got ${found.toString(16)}`);
    }
    expect(wrong).toEqual([]);
  });
});
