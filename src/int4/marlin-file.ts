import { canonicalJson } from "../canonical.ts";
import { DecodeLabError } from "../errors.ts";
import type { MarlinHead } from "./marlin-head.ts";
import { SafetensorsFile, safetensorsParts } from "./safetensors.ts";
import { quoted, type TensorEntry } from "./safetensors-header.ts";
import { GROUP_SIZES, groupCount, headShape, type ScaleDtype, TILE_K } from "./shape.ts";

const MARLIN_FORMAT = "decode-lab/marlin-head@1";

const STORED: Record<ScaleDtype, string> = { bf16: "BF16", f16: "F16" };

/** `head.marlin.safetensors` as parts to be written in order; `sources` are SHA-256 of the tensors that it was made from. */
export function marlinFileParts(head: MarlinHead, sources: Record<string, string>): Uint8Array[] {
  const { paddedVocabSize, hiddenSize, weight, scales } = head;
  return safetensorsParts(
    [
      { name: "weight", dtype: "I32", shape: [hiddenSize / TILE_K, 2 * paddedVocabSize], bytes: bytesOf(weight) },
      {
        name: "scales",
        dtype: STORED[head.scaleDtype],
        shape: [groupCount(head), paddedVocabSize],
        bytes: bytesOf(scales),
      },
    ],
    {
      format: MARLIN_FORMAT,
      vocab_size: String(head.vocabSize),
      hidden_size: String(hiddenSize),
      group_size: String(head.groupSize),
      source_sha256: canonicalJson(sources),
    },
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A head that `decode-lab quantise` wrote; CHECKPOINT_INVALID for any other file. */
export async function readMarlinFile(path: string): Promise<MarlinHead> {
  const file = await SafetensorsFile.open(path);
  try {
    const invalid = (message: string) =>
      new DecodeLabError("CHECKPOINT_INVALID", message, { at: { file: path, line: 0 } });
    const { format, vocab_size: vocab, hidden_size: hidden, group_size: group } = file.metadata;
    if (format !== MARLIN_FORMAT) throw invalid(`its format is ${quoted(String(format))}, not ${MARLIN_FORMAT}`);
    const groupSize = GROUP_SIZES.find((size) => String(size) === group);
    const [weight, scales] = [file.tensors.get("weight"), file.tensors.get("scales")];
    if (groupSize === undefined || weight === undefined || scales === undefined) {
      throw invalid("group_size, weight or scales are missing");
    }
    const scaleDtype = scales.dtype === STORED.bf16 ? "bf16" : "f16";
    const smallest = headShape(Number(vocab), Number(hidden), groupSize);
    const columns = (weight.shape[1] ?? 0) / 2;
    const shape = { ...smallest, paddedVocabSize: columns };
    const expected = [
      describe({ dtype: "I32", shape: [smallest.hiddenSize / TILE_K, 2 * columns] }),
      describe({ dtype: STORED[scaleDtype], shape: [groupCount(shape), columns] }),
    ];
    const found = [describe(weight), describe(scales)];
    if (columns < smallest.paddedVocabSize || columns % 64 !== 0 || found.join() !== expected.join()) {
      throw invalid(`weight and scales are ${found.join(" and ")}, the metadata ask for ${expected.join(" and ")}`);
    }
    const words = new Uint32Array((await file.read(weight)).buffer);
    return { ...shape, weight: words, scaleDtype, scales: new Uint16Array((await file.read(scales)).buffer) };
  } finally {
    await file.close();
  }
}

function describe({ dtype, shape }: Pick<TensorEntry, "dtype" | "shape">): string {
  return `${dtype} [${shape.join(", ")}]`;
}
