import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SafetensorsFile } from "../../../src/int4/safetensors.ts";
import { PACKAGE_ROOT } from "../../../src/package-root.ts";
import { temporaryFolder, writeTensors } from "./checkpoint-folder.ts";
import { exampleHead } from "./example-head.ts";

/** A file of a header text, as it stands, and so many bytes of data. */
function fileOf(header: string | Uint8Array, dataBytes: number, said?: bigint): string {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(said ?? BigInt(text.length));
  const file = join(temporaryFolder(), "x.safetensors");
  writeFileSync(file, Buffer.concat([length, text, Buffer.alloc(dataBytes)]));
  return file;
}

function tensor(dtype: string, shape: unknown, begin: unknown, end: unknown): string {
  return JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
}

it("reads ranges of the tensors that it wrote, and their metadata", async () => {
  const numbers = Uint8Array.from({ length: 48 }, (_, i) => i);
  const file = writeTensors(join(temporaryFolder(), "x.safetensors"), {
    a: { dtype: "I32", shape: [3, 4], bytes: numbers },
    empty: { dtype: "F32", shape: [0, 7], bytes: new Uint8Array(0) },
    "ü/\n": { dtype: "U8", shape: [], bytes: Uint8Array.of(9) },
  });
  const opened = await SafetensorsFile.open(file);
  const a = opened.tensors.get("a");
  const odd = opened.tensors.get("ü/\n");
  if (a === undefined || odd === undefined) throw new Error("a tensor is missing");
  expect(a.begin % 8).toBe(0);
  expect(await opened.read(a)).toEqual(numbers);
  expect(await opened.read(a, 16, 20)).toEqual(Uint8Array.of(16, 17, 18, 19));
  expect(await opened.read(odd)).toEqual(Uint8Array.of(9));
  await expect(opened.read(a, 40, 49)).rejects.toThrow("bytes 40 to 49");
  await expect(opened.read(a, -1, 4)).rejects.toThrow(RangeError);
  await opened.close();
});

it("reads the example head, which is what its seed gives", async () => {
  const path = join(PACKAGE_ROOT, "examples", "head.safetensors");
  expect(Buffer.compare(readFileSync(path), exampleHead())).toBe(0);
  const opened = await SafetensorsFile.open(path);
  expect(opened.metadata).toEqual({ made: "normal numbers of deviation 0.03, seed 1" });
  await opened.close();
});

it("takes padding after the header and tensors in any order", async () => {
  const header = `{"b":${tensor("U8", [2], 1, 3)},"a":${tensor("U8", [1], 0, 1)}}      `;
  const opened = await SafetensorsFile.open(fileOf(header, 3));
  expect([...opened.tensors.keys()]).toEqual(["b", "a"]);
  await opened.close();
});

describe("refuses as CHECKPOINT_INVALID", () => {
  const one = tensor("U8", [4], 0, 4);

  it.each([
    ["a header longer than allowed", fileOf.bind(null, "{}", 0, 100_000_001n), "at most 100000000 are allowed"],
    ["a header of 2^64 − 1 bytes", fileOf.bind(null, "{}", 0, 2n ** 64n - 1n), "18446744073709551615 bytes"],
    ["a header longer than the file", fileOf.bind(null, "{}", 0, 3n), "said to have 3 bytes, the file has 10"],
    ["no JSON", fileOf.bind(null, "{]", 0), "not JSON"],
    ["cut JSON", fileOf.bind(null, '{"a', 0), "no JSON object"],
    ["JSON with more after it", fileOf.bind(null, "{} {}", 0), "not JSON"],
    ["an array", fileOf.bind(null, "[]", 0), "does not begin with"],
    ["white space before the header", fileOf.bind(null, " {}", 0), "does not begin with"],
    ["bytes that are not UTF-8", fileOf.bind(null, Uint8Array.of(0x7b, 0xff, 0x7d), 0), "not UTF-8"],
    ["deep nesting", fileOf.bind(null, `{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, 0), "nested deeper"],
    ["one name twice", fileOf.bind(null, `{"a":${one},"\\u0061":${one}}`, 4), 'names "a" twice'],
    ["a gap", fileOf.bind(null, `{"a":${tensor("U8", [3], 1, 4)}}`, 4), "leaves a gap before it"],
    ["an overlap", fileOf.bind(null, `{"a":${one},"b":${tensor("U8", [3], 3, 6)}}`, 6), "overlaps what lies before it"],
    ["one range twice", fileOf.bind(null, `{"a":${one},"b":${one}}`, 4), "overlaps what lies before it"],
    ["a tensor past the end", fileOf.bind(null, `{"a":${one}}`, 3), "the file has"],
    ["bytes past the tensors", fileOf.bind(null, `{"a":${one}}`, 5), "the tensors end at byte"],
    ["an end before the begin", fileOf.bind(null, `{"a":${tensor("U8", [4], 4, 0)}}`, 4), "its offsets span -4"],
    ["a size that is not the shape's", fileOf.bind(null, `{"a":${tensor("I32", [4], 0, 4)}}`, 4), "is 16 bytes"],
    ["a shape that overflows", fileOf.bind(null, `{"a":${tensor("U8", [2 ** 40, 2 ** 40], 0, 4)}}`, 4), "is 1.2"],
    ["a negative extent", fileOf.bind(null, `{"a":${tensor("U8", [-4], 0, 4)}}`, 4), "shape"],
    ["an extent that is no whole number", fileOf.bind(null, `{"a":${tensor("U8", [0.5], 0, 4)}}`, 4), "shape"],
    ["offsets beyond 2^53", fileOf.bind(null, `{"a":${tensor("U8", [4], 0, 2 ** 60)}}`, 4), "data_offsets"],
    ["an unknown dtype", fileOf.bind(null, `{"a":${tensor("X9", [4], 0, 4)}}`, 4), 'unknown dtype "X9"'],
    [
      "a dtype that is a member of every object",
      fileOf.bind(null, `{"a":${tensor("toString", [4], 0, 4)}}`, 4),
      "dtype",
    ],
    ["half a byte", fileOf.bind(null, `{"a":${tensor("F4", [1], 0, 1)}}`, 1), "is 0.5 bytes"],
    ["a further member", fileOf.bind(null, '{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":1}}', 1), '"a"'],
    ["metadata that are no strings", fileOf.bind(null, '{"__metadata__":{"a":1}}', 0), "no object of strings"],
    ["a tensor called __proto__ without one", fileOf.bind(null, '{"__proto__":1}', 0), '"__proto__"'],
  ])("%s", async (_, make, message) => {
    const opening = SafetensorsFile.open(make());
    await expect(opening).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    await expect(opening).rejects.toThrow(message);
  });

  it("a file shorter than a length", async () => {
    const file = join(temporaryFolder(), "x");
    writeFileSync(file, "abc");
    await expect(SafetensorsFile.open(file)).rejects.toThrow("3 bytes are no safetensors file");
  });
});

it("refuses as FILE_MISSING what is no regular file", async () => {
  for (const path of [temporaryFolder(), "/dev/null", "/nowhere"]) {
    await expect(SafetensorsFile.open(path)).rejects.toMatchObject({ code: "FILE_MISSING" });
  }
});
