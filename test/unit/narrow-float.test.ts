import { describe, expect, it } from "vitest";
import { bf16FromBits, bf16ToBits, f16FromBits, f16ToBits, roundToBf16 } from "../../src/narrow-float.ts";

describe.each([
  { name: "bf16", toBits: bf16ToBits, fromBits: bf16FromBits, infinity: 0x7f80 },
  { name: "f16", toBits: f16ToBits, fromBits: f16FromBits, infinity: 0x7c00 },
])("$name", ({ toBits, fromBits, infinity }) => {
  it("gives every finite bit pattern back", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      if ((bits & infinity) === infinity) continue;
      expect(toBits(fromBits(bits))).toBe(bits);
    }
  });

  it("rounds the midpoint of neighbours to the even one", () => {
    for (let bits = 0; bits < infinity - 1; bits++) {
      const midpoint = (fromBits(bits) + fromBits(bits + 1)) / 2;
      expect(toBits(midpoint)).toBe(bits % 2 === 0 ? bits : bits + 1);
    }
  });

  it("keeps infinities, NaN and the sign of zero", () => {
    expect(toBits(Number.POSITIVE_INFINITY)).toBe(infinity);
    expect(toBits(Number.NEGATIVE_INFINITY)).toBe(0x8000 | infinity);
    expect(fromBits(toBits(Number.NaN))).toBeNaN();
    expect(toBits(-0)).toBe(0x8000);
    expect(toBits(1e300)).toBe(infinity);
  });
});

it("rounds float64 to bfloat16 once, where going through float32 would round twice", () => {
  expect(roundToBf16(1 + 2 ** -8 + 2 ** -40)).toBe(1 + 2 ** -7);
  expect(roundToBf16(1 + 2 ** -8)).toBe(1);
});
