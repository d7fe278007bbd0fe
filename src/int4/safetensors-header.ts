import { z } from "zod";
import { DecodeLabError } from "../errors.ts";
import { ownKeys, repeatedKey } from "./json-keys.ts";

/** Bits of one element, by the names of the safetensors format. */
const ELEMENT_BITS: Record<string, number> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

/** Longest header that the format allows. */
export const MAX_HEADER_BYTES = 100_000_000;

const count = z.int().nonnegative();

const tensorSchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(count).max(64),
  data_offsets: z.tuple([count, count]),
});

const metadataSchema = z.record(z.string(), z.string());

/** Where a tensor lies; offsets are bytes of the file. */
export interface TensorEntry {
  name: string;
  dtype: string;
  shape: readonly number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  tensors: Map<string, TensorEntry>;
  metadata: Record<string, string>;
}

/**
 * The header of a safetensors file as data: JSON of tensors whose bytes follow each other without gap or overlap from the
 * end of the header (`dataStart`) to the end of the file (`fileBytes`). CHECKPOINT_INVALID for anything else.
 */
export function parseSafetensorsHeader(
  text: string,
  dataStart: number,
  fileBytes: number,
  file: string,
): SafetensorsHeader {
  const invalid = (message: string, cause?: unknown) =>
    new DecodeLabError("CHECKPOINT_INVALID", message, { at: { file, line: 0 }, cause });
  const members = parsedMembers(text, invalid);
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, member] of members) {
    if (name === "__metadata__") {
      const parsed = metadataSchema.safeParse(member);
      if (!parsed.success) throw invalid("the header's __metadata__ is no object of strings");
      metadata = parsed.data;
    } else {
      tensors.set(name, tensorEntry(name, member, dataStart, invalid));
    }
  }
  refuseGaps([...tensors.values()], dataStart, fileBytes, invalid);
  return { tensors, metadata };
}

type Invalid = (message: string, cause?: unknown) => DecodeLabError;

function parsedMembers(text: string, invalid: Invalid): [string, unknown][] {
  if (!text.startsWith("{")) throw invalid("the header does not begin with `{`");
  const keys = ownKeys(text, 3);
  if (keys === undefined) throw invalid("the header is no JSON object, or nested deeper than tensors are");
  const twice = repeatedKey(keys);
  if (twice !== undefined) throw invalid(`the header names ${quoted(twice)} twice`);
  try {
    return Object.entries(JSON.parse(text) as object);
  } catch (cause) {
    throw invalid(`the header is not JSON: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

function tensorEntry(name: string, member: unknown, dataStart: number, invalid: Invalid): TensorEntry {
  const parsed = tensorSchema.safeParse(member);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`tensor ${quoted(name)}: ${[...(issue?.path ?? []), issue?.message].join(": ")}`);
  }
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  const bits = Object.hasOwn(ELEMENT_BITS, dtype) ? ELEMENT_BITS[dtype] : undefined;
  if (bits === undefined) throw invalid(`tensor ${quoted(name)} has unknown dtype ${quoted(dtype)}`);
  const bytes = shape.reduce((product, extent) => product * extent, bits) / 8;
  const [begin, end] = offsets;
  if (!Number.isSafeInteger(bytes) || end - begin !== bytes) {
    throw invalid(
      `tensor ${quoted(name)}: ${dtype} [${shape.join(", ")}] is ${bytes} bytes, its offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

function refuseGaps(tensors: TensorEntry[], dataStart: number, fileBytes: number, invalid: Invalid): void {
  const inOrder = tensors.sort((left, right) => left.begin - right.begin || left.end - right.end);
  let reached = dataStart;
  for (const { name, begin, end } of inOrder) {
    if (end > fileBytes) throw invalid(`tensor ${quoted(name)} ends at byte ${end}, the file has ${fileBytes}`);
    if (begin !== reached) {
      const fault = begin < reached ? "overlaps what lies before it" : "leaves a gap before it";
      throw invalid(`tensor ${quoted(name)} begins at byte ${begin}, ${reached} is due: it ${fault}`);
    }
    reached = end;
  }
  if (reached !== fileBytes) throw invalid(`the tensors end at byte ${reached}, the file has ${fileBytes}`);
}

/** A name of a file's as one readable word: quoted, no control characters, cut. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
