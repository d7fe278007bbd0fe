import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { initialBytes } from "../../src/buffer-init.ts";
import { decode } from "../../src/dtype.ts";
import type { LaunchBuffer } from "../../src/launch.ts";
import { LaunchFolder } from "../../src/launch-folder.ts";

const folder = await LaunchFolder.of(fileURLToPath(import.meta.url));

function bytesOf(dtype: LaunchBuffer["dtype"], init: LaunchBuffer["init"]): Promise<Uint8Array> {
  return initialBytes({ name: "x", kind: "buffer", dtype, shape: [3], init }, 3, folder);
}

it.each([
  ["zeros", [0, 0, 0]],
  [{ fill: 2.5 }, [2.5, 2.5, 2.5]],
  [{ iota: 7 }, [7, 8, 9]],
  [{ values: [1, Number.POSITIVE_INFINITY, -3] }, [1, Number.POSITIVE_INFINITY, -3]],
] as [LaunchBuffer["init"], number[]][])("fills with %j", async (init, values) => {
  expect([...decode("f32", await bytesOf("f32", init))]).toEqual(values);
});

it("poisons with NaN bytes", async () => {
  expect([...(await bytesOf("bf16", "poison"))]).toEqual([255, 255, 255, 255, 255, 255]);
});

it("draws the same numbers for the same seed, within the bounds", async () => {
  const random = { distribution: "uniform", seed: 3, low: -1, high: 1 } as const;
  const drawn = await bytesOf("f64", { random });
  expect(await bytesOf("f64", { random })).toEqual(drawn);
  expect(decode("f64", drawn).every((value) => value >= -1 && value < 1)).toBe(true);
  expect(await bytesOf("f64", { random: { ...random, seed: 4 } })).not.toEqual(drawn);
});

it("refuses what the dtype cannot hold", async () => {
  await expect(bytesOf("u8", { iota: 254 })).rejects.toThrow(
    /`x` has the value 256, u8 takes whole numbers from 0 to 255/,
  );
  await expect(bytesOf("i32", { fill: 0.5 })).rejects.toThrow(/`x` has the value 0.5/);
  await expect(bytesOf("i32", { random: { distribution: "normal", seed: 0 } })).rejects.toThrow(
    /distribution is normal/,
  );
});
