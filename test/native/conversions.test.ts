import { beforeAll, describe, expect, it } from "vitest";
import { builds } from "./builds.ts";
import { elementLaunch, elements } from "./element-launch.ts";
import { fp8Values, halfBits, type NarrowType, narrowValue, nearestFp8, roundInteger } from "./narrow-values.ts";
import type { Direction } from "./number-formats.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

/** Every value of every type of at most 16 bits through every conversion that takes it (PTX ISA 9.7.9.21). */

const COUNT = 1 << 16;
const DIRECTIONS: readonly Direction[] = ["n", "z", "m", "p"];

interface Case {
  name: string;
  operandBytes: number;
  resultBytes: number;
  /** Bits of the result for the operand's bits; undefined stands for any NaN of `nan`. */
  expected: (bits: number) => number | bigint | undefined;
  /** Is this result NaN? */
  nan?: (bits: number) => boolean;
}

const INTEGERS = { u8: 8, s8: 8, u16: 16, s16: 16, u32: 32, s32: 32, u64: 64, s64: 64 };
type IntegerType = keyof typeof INTEGERS;
const INTEGER_TYPES = Object.keys(INTEGERS) as IntegerType[];

function limits(type: IntegerType): { least: bigint; most: bigint } {
  const bits = BigInt(INTEGERS[type]);
  return type.startsWith("s")
    ? { least: -(1n << (bits - 1n)), most: (1n << (bits - 1n)) - 1n }
    : { least: 0n, most: (1n << bits) - 1n };
}

/** The value as the register holds it: at least 16 bits, extended by the type's sign. */
function registerBits(value: bigint, type: IntegerType): bigint {
  const own = type.startsWith("s") ? BigInt.asIntN(INTEGERS[type], value) : BigInt.asUintN(INTEGERS[type], value);
  return BigInt.asUintN(Math.max(INTEGERS[type], 16), own);
}

const registerBytes = (type: IntegerType) => Math.max(INTEGERS[type], 16) / 8;
const isHalfNan = { f16: (bits: number) => (bits & 0x7fff) > 0x7c00, bf16: (bits: number) => (bits & 0x7fff) > 0x7f80 };
const HALVES = ["f16", "bf16"] as const;
type Half = (typeof HALVES)[number];

function clamped(value: number, type: IntegerType): bigint {
  const { least, most } = limits(type);
  if (Number.isNaN(value)) return INTEGERS[type] === 64 ? 1n << 63n : 0n;
  if (value <= Number(least)) return least;
  return value >= Number(most) ? most : BigInt(value);
}

const float32 = new Float32Array(1);
const float32Bits = new Uint32Array(float32.buffer);
const float64 = new Float64Array(1);
const float64Bits = new BigUint64Array(float64.buffer);

function singleBits(value: number): number | undefined {
  float32[0] = value;
  return Number.isNaN(value) ? undefined : (float32Bits[0] as number);
}

function doubleBits(value: number): bigint | undefined {
  float64[0] = value;
  return Number.isNaN(value) ? undefined : (float64Bits[0] as bigint);
}

const saturated = (value: number) => (value > 0 ? Math.min(value, 1) : 0);
const isNaNSingle = (bits: number) => (bits & 0x7fffffff) > 0x7f800000;

function toHalf(source: NarrowType, half: Half, direction: Direction): Case {
  return {
    name: `cvt.r${direction}.${half}.${source}`,
    operandBytes: 2,
    resultBytes: 2,
    expected: (bits) => halfBits(narrowValue(source, bits), half, direction),
    nan: isHalfNan[half],
  };
}

function halfCases(half: Half): Case[] {
  const value = (bits: number) => narrowValue(half, bits);
  const other = half === "f16" ? "bf16" : "f16";
  const toIntegers = INTEGER_TYPES.flatMap((type) =>
    DIRECTIONS.map((direction): Case => {
      return {
        name: `cvt.r${direction}i.${type}.${half}`,
        operandBytes: 2,
        resultBytes: registerBytes(type),
        expected: (bits) => registerBits(clamped(roundInteger(value(bits), direction), type), type),
      };
    }),
  );
  const integral = DIRECTIONS.map((direction): Case => {
    return {
      name: `cvt.r${direction}i.${half}.${half}`,
      operandBytes: 2,
      resultBytes: 2,
      expected: (bits) => {
        const rounded = roundInteger(Math.abs(value(bits)), bits >> 15 ? flipped(direction) : direction);
        return halfBits(bits >> 15 ? -rounded : rounded, half, "n");
      },
      nan: isHalfNan[half],
    };
  });
  const wider: Case[] = [
    {
      name: `cvt.f32.${half}`,
      operandBytes: 2,
      resultBytes: 4,
      expected: (bits) => singleBits(value(bits)),
      nan: isNaNSingle,
    },
    { name: `cvt.f64.${half}`, operandBytes: 2, resultBytes: 8, expected: (bits) => doubleBits(value(bits)) },
  ];
  return [...toIntegers, ...integral, ...wider, ...DIRECTIONS.map((direction) => toHalf(half, other, direction))];
}

function flipped(direction: Direction): Direction {
  return direction === "m" ? "p" : direction === "p" ? "m" : direction;
}

function integerCases(source: "u8" | "s8" | "u16" | "s16"): Case[] {
  const value = (bits: number) => narrowValue(source, bits);
  const holds = (type: IntegerType) =>
    limits(type).least <= limits(source).least && limits(type).most >= limits(source).most;
  const toIntegers = INTEGER_TYPES.flatMap((type): Case[] => {
    const plain: Case = {
      name: `cvt.${type}.${source}`,
      operandBytes: 2,
      resultBytes: registerBytes(type),
      expected: (bits) => registerBits(BigInt(value(bits)), type),
    };
    const saturating: Case = {
      ...plain,
      name: `cvt.sat.${type}.${source}`,
      expected: (bits) => registerBits(clamped(value(bits), type), type),
    };
    return holds(type) ? [plain] : [plain, saturating];
  });
  const toHalves = DIRECTIONS.flatMap((direction) => HALVES.map((half) => toHalf(source, half, direction)));
  const exact = (["n", "m"] as const).flatMap((direction): Case[] => [
    {
      name: `cvt.r${direction}.f32.${source}`,
      operandBytes: 2,
      resultBytes: 4,
      expected: (bits) => singleBits(value(bits)),
    },
    {
      name: `cvt.r${direction}.f64.${source}`,
      operandBytes: 2,
      resultBytes: 8,
      expected: (bits) => doubleBits(value(bits)),
    },
  ]);
  return [...toIntegers, ...toHalves, ...exact];
}

const SATURATING: Case[] = [
  {
    name: "cvt.sat.f16.f16",
    operandBytes: 2,
    resultBytes: 2,
    expected: (bits) => halfBits(saturated(narrowValue("f16", bits)), "f16", "n"),
  },
  {
    name: "cvt.sat.f32.f16",
    operandBytes: 2,
    resultBytes: 4,
    expected: (bits) => singleBits(saturated(narrowValue("f16", bits))),
  },
  {
    name: "cvt.ftz.f32.bf16",
    operandBytes: 2,
    resultBytes: 4,
    expected: (bits) => singleBits((bits & 0x7f80) === 0 ? (bits >> 15 ? -0 : 0) : narrowValue("bf16", bits)),
    nan: isNaNSingle,
  },
];

/** Two equal operands side by side would hide a mix-up, so the upper one is another value. */
const upperOf = (bits: number) => (bits * 31 + 77) & 0xffff;

function fp8Cases(type: "e4m3" | "e5m2"): Case[] {
  const values = fp8Values(type);
  const table = Array.from({ length: COUNT }, (_, bits) => nearestFp8(narrowValue("f16", bits), values));
  const halfOf = (bits: number, relu: boolean) => {
    const magnitude = values[bits & 0x7f] as number;
    if (Number.isNaN(magnitude)) return 0x7fff;
    if (bits & 0x80) return relu ? 0 : (halfBits(-magnitude, "f16", "n") as number);
    return halfBits(magnitude, "f16", "n") as number;
  };
  return [false, true].flatMap((relu): Case[] => {
    const clamp = (bits: number) => (relu && bits & 0x80 ? 0 : bits);
    return [
      {
        name: `cvt.rn.satfinite${relu ? ".relu" : ""}.${type}x2.f16x2`,
        operandBytes: 4,
        resultBytes: 2,
        expected: (bits) => (clamp(table[upperOf(bits)] as number) << 8) | clamp(table[bits] as number),
      },
      {
        name: `cvt.rn${relu ? ".relu" : ""}.f16x2.${type}x2`,
        operandBytes: 2,
        resultBytes: 4,
        expected: (bits) => halfOf(bits >> 8, relu) * 0x10000 + halfOf(bits & 0xff, relu),
      },
    ];
  });
}

const cases = [
  ...HALVES.flatMap(halfCases),
  ...(["u8", "s8", "u16", "s16"] as const).flatMap(integerCases),
  ...SATURATING,
  ...(["e4m3", "e5m2"] as const).flatMap(fp8Cases),
];

const pairs = new Uint8Array(Uint32Array.from({ length: COUNT }, (_, bits) => upperOf(bits) * 0x10000 + bits).buffer);

const launches = cases.map(({ name, operandBytes, resultBytes }) => {
  const operand = { bytes: operandBytes, data: operandBytes === 4 ? pairs : ("index" as const) };
  const instruction = `${name} %d, %a`;
  return {
    name,
    launch: elementLaunch({ instruction, target: "sm_90", count: COUNT, operands: [operand], resultBytes }),
  };
});

describe.each(builds())("all values of 16 bits, $name", (build) => {
  let answers: Answer[];

  beforeAll(async () => {
    answers = await runFixtures(build, launches);
  });

  it.each(cases.map((one, index) => ({ name: one.name, one, index })))("$name", ({ one, index }) => {
    const { refused, bytes } = answers[index] as Answer;
    expect(refused).toBeUndefined();
    const got = elements(Buffer.from(bytes?.at(-1) ?? "", "base64"), one.resultBytes);
    expect(got).toHaveLength(COUNT);
    expect(firstDifference(one, got)).toBeUndefined();
  });
});

function firstDifference({ expected, nan, resultBytes }: Case, got: ReturnType<typeof elements>): string | undefined {
  for (let bits = 0; bits < COUNT; bits++) {
    const wanted = expected(bits);
    const found = got[bits] as number | bigint;
    const same =
      wanted === undefined
        ? (nan?.(Number(found)) ?? (Number(BigInt(found) >> 51n) & 0xfff) === 0xfff)
        : resultBytes === 8
          ? wanted === found
          : Number(wanted) === found;
    if (!same) return `0x${bits.toString(16)}: expected ${wanted?.toString(16)}, got ${found.toString(16)}`;
  }
  return undefined;
}
