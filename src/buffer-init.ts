import { DTYPES, type Dtype, encode, integerRange } from "./dtype.ts";
import { DecodeLabError } from "./errors.ts";
import type { Init, LaunchBuffer, RandomInit } from "./launch.ts";
import type { LaunchFolder } from "./launch-folder.ts";
import { RandomStream } from "./random.ts";

const POISON_BYTE = 0xff;

/** The bytes of a launch's buffer before the run; a file or a list must fit the shape exactly. */
export async function initialBytes(buffer: LaunchBuffer, count: number, folder: LaunchFolder): Promise<Uint8Array> {
  const { dtype, init, name } = buffer;
  const size = count * DTYPES[dtype].bytes;
  if (init === "zeros") return new Uint8Array(size);
  if (init === "poison") return new Uint8Array(size).fill(POISON_BYTE);
  if ("file" in init) return sizedFile(name, init.file, size, folder);
  return encodeChecked(name, dtype, valuesOf(init, dtype, count, name));
}

/** Bytes of a file that must hold exactly `size` of them. */
export async function sizedFile(name: string, path: string, size: number, folder: LaunchFolder): Promise<Uint8Array> {
  const bytes = await folder.read(path);
  if (bytes.byteLength === size) return bytes;
  throw new DecodeLabError(
    "LAUNCH_INVALID",
    `\`${path}\` has ${bytes.byteLength} bytes, buffer \`${name}\` takes ${size}`,
  );
}

/** Encoded values; LAUNCH_INVALID for one that the integer dtype cannot hold. */
export function encodeChecked(name: string, dtype: Dtype, values: ArrayLike<number>): Uint8Array {
  if (DTYPES[dtype].kind === "integer") {
    const { min, max } = integerRange(dtype);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (Number.isInteger(value) && value >= min && value <= max) continue;
      throw new DecodeLabError(
        "LAUNCH_INVALID",
        `\`${name}\` has the value ${value}, ${dtype} takes whole numbers from ${min} to ${max}`,
      );
    }
  }
  return encode(dtype, values);
}

function valuesOf(
  init: Exclude<Init, "zeros" | "poison" | { file: string }>,
  dtype: Dtype,
  count: number,
  name: string,
): ArrayLike<number> {
  if ("fill" in init) return new Float64Array(count).fill(init.fill);
  if ("iota" in init) return Float64Array.from({ length: count }, (_, i) => init.iota + i);
  if ("random" in init) return randomValues(init.random, dtype, count, name);
  if (init.values.length === count) return init.values;
  throw new DecodeLabError(
    "LAUNCH_INVALID",
    `buffer \`${name}\` has ${init.values.length} values, its shape takes ${count}`,
  );
}

function randomValues(random: RandomInit, dtype: Dtype, count: number, name: string): Float64Array {
  const stream = new RandomStream(random.seed, name);
  const { low = 0, distribution } = random;
  if (DTYPES[dtype].kind === "integer" && distribution !== "integers") {
    throw new DecodeLabError("LAUNCH_INVALID", `buffer \`${name}\` is ${dtype}, its distribution is ${distribution}`, {
      hint: "integer buffers take the distribution integers",
    });
  }
  const draw = {
    normal: () => stream.normal(),
    uniform: () => low + stream.uniform() * ((random.high ?? 1) - low),
    integers: () => stream.integer(low, random.high ?? 99),
  }[distribution];
  return Float64Array.from({ length: count }, draw);
}
