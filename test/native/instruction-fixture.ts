import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { DTYPE_NAMES, DTYPES, encode } from "../../src/dtype.ts";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch, NativeParameter } from "../../src/native/addon.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

export const INSTRUCTION_FOLDER = join(PACKAGE_ROOT, "test", "instructions");

const tensorSchema = z.union([
  z.strictObject({ dtype: z.enum(DTYPE_NAMES), values: z.array(z.union([z.number(), z.string()])) }),
  z.strictObject({ dtype: z.enum(DTYPE_NAMES), hex: z.array(z.string()) }).describe("bits, most significant first"),
]);

const caseSchema = z.strictObject({
  entry: z.string(),
  block: z.tuple([z.int(), z.int(), z.int()]),
  inputs: z.record(z.string(), tensorSchema),
  outputs: z.record(z.string(), tensorSchema),
  tolerance: z.strictObject({ ulp: z.int().positive() }).optional(),
});

type Tensor = z.output<typeof tensorSchema>;

export interface InstructionCase {
  /** `<mnemonic>: <entry>`, numbered where an entry has several cases. */
  name: string;
  launch: NativeLaunch;
  outputs: { name: string; dtype: Tensor["dtype"]; bytes: Uint8Array; index: number }[];
  ulp: number;
}

export function instructionCases(): InstructionCase[] {
  return readdirSync(INSTRUCTION_FOLDER)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap(casesOf);
}

function casesOf(file: string): InstructionCase[] {
  const mnemonic = basename(file, ".json");
  const ptxFile = join(INSTRUCTION_FOLDER, `${mnemonic}.ptx`);
  if (!existsSync(ptxFile)) throw new Error(`${file} has no ${mnemonic}.ptx`);
  const ptx = readFileSync(ptxFile, "utf8");
  const document = z.strictObject({ cases: z.array(caseSchema).min(1) });
  const { cases } = document.parse(JSON.parse(readFileSync(join(INSTRUCTION_FOLDER, file), "utf8")));
  return cases.map(({ entry, block, inputs, outputs, tolerance }, i) => {
    const earlier = cases.slice(0, i).filter((other) => other.entry === entry).length;
    const inputParams = Object.entries(inputs).map(([name, tensor]) => buffer(name, bytesOf(tensor), true));
    const outputParams = Object.entries(outputs).map(([name, tensor]) => {
      return buffer(name, new Uint8Array(bytesOf(tensor).byteLength), false);
    });
    const launch: NativeLaunch = {
      ptx,
      ptxName: `${mnemonic}.ptx`,
      entry,
      grid: [1, 1, 1],
      block,
      sharedBytes: 0,
      cooperative: false,
      params: [...inputParams, ...outputParams],
      limits: DEFAULT_LIMITS,
      seed: 0,
      threads: 1,
    };
    const expected = Object.entries(outputs).map(([name, tensor], i) => {
      return { name, dtype: tensor.dtype, bytes: bytesOf(tensor), index: inputParams.length + i };
    });
    return {
      name: `${mnemonic}: ${entry}${earlier === 0 ? "" : ` (${earlier + 1})`}`,
      launch,
      outputs: expected,
      ulp: tolerance?.ulp ?? 0,
    };
  });
}

function buffer(name: string, bytes: Uint8Array, initialised: boolean): NativeParameter {
  return { kind: "buffer", name, bytes, initialised };
}

function bytesOf(tensor: Tensor): Uint8Array {
  const size = DTYPES[tensor.dtype].bytes;
  if ("hex" in tensor)
    return integersToBytes(
      size,
      tensor.hex.map((bits) => BigInt(`0x${bits}`)),
    );
  if (size === 8 && DTYPES[tensor.dtype].kind === "integer") return integersToBytes(size, tensor.values.map(BigInt));
  return encode(tensor.dtype, tensor.values.map(Number));
}

function integersToBytes(size: number, values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * size);
  for (const [i, value] of values.entries()) {
    for (let byte = 0; byte < size; byte++) bytes[i * size + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
  }
  return bytes;
}
