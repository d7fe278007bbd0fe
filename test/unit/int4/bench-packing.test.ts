import { expect, it } from "vitest";
import { measurePacking } from "../../../bench/int4-packing/measure.ts";

it("times each part as often as asked", () => {
  const times = measurePacking({ vocab: 128, hidden: 64 }, 2);
  expect(times).toMatchObject({ vocab: 128, hidden: 64, quantisedRows: 4096 });
  for (const samples of [times.pack, times.unpack, times.quantise]) {
    expect(samples).toHaveLength(2);
    expect(samples.every((seconds) => seconds >= 0)).toBe(true);
  }
});
