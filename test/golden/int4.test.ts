import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sha256 } from "../../src/canonical.ts";
import { encode } from "../../src/dtype.ts";
import { dequantiseRows } from "../../src/int4/dequantise.ts";
import { type FloatDtype, floatValues } from "../../src/int4/float-values.ts";
import { permuteScales } from "../../src/int4/marlin.ts";
import { quantiseRows } from "../../src/int4/quantise.ts";
import { headShape } from "../../src/int4/shape.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { quantise } from "../../src/verbs/quantise.ts";
import { hardWeights } from "../unit/int4/hard-weights.ts";
import { closedForm, positionDigit } from "../unit/int4/marlin-formula.ts";

/** Bytes that the Python tests of kernels/decode_kernels/lm_head_int4 hold their own functions against. */
const FOLDER = join(PACKAGE_ROOT, "kernels", "tests", "golden", "int4");

const SCHEMA = "decode-lab/int4-golden@1";

it("gives the words of Marlin's layout by the closed form", async () => {
  const [hidden, vocab] = [48, 128];
  const shapes = [32, 64, "channel"] as const;
  const scales = shapes.map((groupSize) => {
    const shape = headShape(vocab, 64, groupSize);
    const rows = Uint16Array.from({ length: vocab * (groupSize === 32 ? 2 : 1) }, (_, i) => i);
    return [groupSize, base64(permuteScales(rows, shape))];
  });
  const digits = [0, 1, 2, 3].map((digit) => base64(closedForm(hidden, vocab, positionDigit(vocab, digit))));
  const document = {
    schema: SCHEMA,
    made: "codes: hex digit d of k * vocab + n; scales [groups, vocab] of hidden 64: n * groups + group",
    vocab,
    hidden,
    words: digits,
    scales: Object.fromEntries(scales),
  };
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(join(FOLDER, "layout.json"));
});

it.each(["BF16", "F16", "F32"] as const)("gives the codes and scales of a hard %s head", async (dtype) => {
  const { bytes, rows, hidden } = hardWeights(dtype);
  const weights = floatValues(dtype, bytes);
  const results = [32, 128, "channel"] as const;
  const document = {
    schema: SCHEMA,
    made: "quantiseRows, dequantiseRows",
    dtype: LONG_NAMES[dtype],
    vocab: rows,
    hidden,
    weights: base64(bytes),
    results: results.flatMap((groupSize) =>
      (["bf16", "f16"] as const).map((scaleDtype) => {
        const quantised = quantiseRows(weights, hidden, groupSize, scaleDtype);
        return {
          groupSize,
          scaleDtype: LONG_NAMES[scaleDtype === "bf16" ? "BF16" : "F16"],
          codes: base64(quantised.codes),
          scales: base64(quantised.scales),
          dequantisedSha256: sha256(encode("f64", dequantiseRows(quantised, hidden, groupSize, scaleDtype))),
        };
      }),
    ),
  };
  const file = join(FOLDER, `quantise.${LONG_NAMES[dtype]}.json`);
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(file);
});

it("gives the hashes of the example head's Marlin files", async () => {
  const out = mkdtempSync(join(tmpdir(), "decode-lab-int4-"));
  const files = [];
  for (const [groupSize, scaleDtype] of [
    [32, "bf16"],
    [32, "f16"],
    ["channel", "bf16"],
  ] as const) {
    const example = join(PACKAGE_ROOT, "examples", "head.safetensors");
    const { written } = await quantise(example, { groupSize, scaleDtype, out, overwrite: true });
    files.push({ groupSize, scaleDtype: scaleDtype === "bf16" ? "bfloat16" : "float16", sha256: written?.sha256 });
  }
  rmSync(out, { recursive: true });
  const document = { schema: SCHEMA, made: "decode-lab quantise examples/head.safetensors", files };
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(join(FOLDER, "marlin-file.json"));
});

const LONG_NAMES: Record<FloatDtype, string> = { BF16: "bfloat16", F16: "float16", F32: "float32" };

function base64({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Uint32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
