import { DTYPES, type Dtype, encodeEach, integerRange } from "./dtype.ts";
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
  return encodeEach(dtype, count, checked(name, dtype, valueSource(init, dtype, count, name)));
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

/** Bytes of one value of a scalar parameter. */
export function scalarBytes(name: string, dtype: Dtype, value: number): Uint8Array {
  return encodeEach(
    dtype,
    1,
    checked(name, dtype, () => value),
  );
}

type ValueSource = (index: number) => number;

/** The source, with LAUNCH_INVALID for a value that the integer dtype cannot hold. */
function checked(name: string, dtype: Dtype, source: ValueSource): ValueSource {
  if (DTYPES[dtype].kind === "float") return source;
  const { min, max } = integerRange(dtype);
  return (index) => {
    const value = source(index);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new DecodeLabError(
      "LAUNCH_INVALID",
      `\`${name}\` has the value ${value}, ${dtype} takes whole numbers from ${min} to ${max}`,
    );
  };
}

function valueSource(
  init: Exclude<Init, "zeros" | "poison" | { file: string }>,
  dtype: Dtype,
  count: number,
  name: string,
): ValueSource {
  if ("fill" in init) return () => init.fill;
  if ("iota" in init) return (i) => init.iota + i;
  if ("random" in init) return randomSource(init.random, dtype, name);
  const { values } = init;
  if (values.length === count) return (i) => values[i] as number;
  throw new DecodeLabError(
    "LAUNCH_INVALID",
    `buffer \`${name}\` has ${values.length} values, its shape takes ${count}`,
  );
}

function randomSource(random: RandomInit, dtype: Dtype, name: string): ValueSource {
  if (DTYPES[dtype].kind === "integer" && random.distribution !== "integers") {
    const asked = `buffer \`${name}\` is ${dtype}, its distribution is ${random.distribution}`;
    throw new DecodeLabError("LAUNCH_INVALID", asked, { hint: "integer buffers take the distribution integers" });
  }
  const stream = new RandomStream(random.seed, name);
  if (random.distribution === "normal") return () => stream.normal();
  const { low, high } = random;
  if (random.distribution === "integers") return () => stream.integer(low, high);
  return () => low + stream.uniform() * (high - low);
}
