import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/canonical.ts";
import { floatValues } from "../../../src/int4/float-values.ts";
import { packMarlin, permuteScales } from "../../../src/int4/marlin.ts";
import { readMarlinFile } from "../../../src/int4/marlin-file.ts";
import { quantiseRows } from "../../../src/int4/quantise.ts";
import { SafetensorsFile } from "../../../src/int4/safetensors.ts";
import { headShape } from "../../../src/int4/shape.ts";
import { PACKAGE_ROOT } from "../../../src/package-root.ts";
import { quantiseText } from "../../../src/report/quantise-text.ts";
import { Terminal } from "../../../src/report/terminal.ts";
import { quantise } from "../../../src/verbs/quantise.ts";
import { modelFolder, type Tensors, temporaryFolder } from "./checkpoint-folder.ts";

const EXAMPLE = join(PACKAGE_ROOT, "examples", "head.safetensors");
const EXAMPLE_BYTES = new Uint8Array(readFileSync(EXAMPLE).subarray(-100 * 128 * 2));

it("writes a head that reads back as the padded, quantised and permuted rows", async () => {
  const out = join(temporaryFolder(), "new", "folder");
  const document = await quantise(EXAMPLE, { groupSize: 32, scaleDtype: "f16", vocabMultiple: 256, out });
  const file = join(out, "head.marlin.safetensors");
  const stored = readFileSync(file);
  expect(document).toMatchObject({
    action: "quantised",
    format: "float",
    tied: false,
    vocabSize: 100,
    paddedVocabSize: 256,
    hiddenSize: 128,
    groupSize: 32,
    scaleDtype: "f16",
    sourceSha256: { "lm_head.weight": sha256(EXAMPLE_BYTES) },
    written: { file, bytes: stored.length, sha256: sha256(stored), replaced: false },
  });
  const padded = { codes: new Uint8Array(256 * 128).fill(8), scales: new Uint16Array(256 * 4).fill(0x3c00) };
  const rows = quantiseRows(floatValues("BF16", EXAMPLE_BYTES), 128, 32, "f16");
  padded.codes.set(rows.codes);
  padded.scales.set(rows.scales);
  const head = await readMarlinFile(file);
  expect(head).toEqual({
    ...headShape(100, 128, 32, 256),
    scaleDtype: "f16",
    weight: packMarlin(padded.codes, 256, 128),
    scales: permuteScales(padded.scales, headShape(256, 128, 32)),
  });
});

it("has the tensors and the metadata that the file format says", async () => {
  const out = temporaryFolder();
  await quantise(EXAMPLE, { out });
  const file = await SafetensorsFile.open(join(out, "head.marlin.safetensors"));
  await file.close();
  const shapes = [...file.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, ...shape]);
  expect(shapes.sort()).toEqual([
    ["scales", "BF16", 1, 128],
    ["weight", "I32", 8, 256],
  ]);
  expect(file.metadata).toEqual({
    format: "decode-lab/marlin-head@1",
    vocab_size: "100",
    hidden_size: "128",
    group_size: "channel",
    source_sha256: JSON.stringify({ "lm_head.weight": sha256(EXAMPLE_BYTES) }),
  });
});

it("gives the same bytes for rows in chunks as for all at once", async () => {
  const values = Uint8Array.from({ length: 2100 * 16 * 2 }, (_, i) => (i % 2 === 0 ? (i * 37) % 251 : 0x3c + (i % 3)));
  const out = temporaryFolder();
  const tensors = { "model.embed_tokens.weight": { dtype: "BF16", shape: [2100, 16], bytes: values } };
  const shares: number[] = [];
  const document = await quantise(modelFolder(tensors), {
    out,
    groupSize: "channel",
    onProgress: (_, share) => shares.push(share),
  });
  expect(document).toMatchObject({ tied: true, paddedVocabSize: 2112, groupSize: "channel" });
  expect(shares).toEqual([1024 / 2100, 2048 / 2100, 1]);
  const rows = quantiseRows(floatValues("BF16", values), 16, "channel", "bf16");
  const codes = new Uint8Array(2112 * 16).fill(8);
  codes.set(rows.codes);
  const head = await readMarlinFile(join(out, "head.marlin.safetensors"));
  expect(head.weight).toEqual(packMarlin(codes, 2112, 16));
});

describe("a file that is there", () => {
  it("is kept, before anything is read", async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, "head.marlin.safetensors"), "mine");
    await expect(quantise("/nowhere", { out })).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
    expect(readFileSync(join(out, "head.marlin.safetensors"), "utf8")).toBe("mine");
  });

  it("is replaced when asked, and the report says so", async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, "head.marlin.safetensors"), "mine");
    const document = await quantise(EXAMPLE, { out, overwrite: true });
    expect(document.written?.replaced).toBe(true);
    expect(quantiseText(document, new Terminal({ colour: false, quiet: false }))).toContain("replaced   ");
  });
});

it("writes nothing without a folder, and says so", async () => {
  const document = await quantise(EXAMPLE);
  expect(document.written).toBeUndefined();
  const text = quantiseText(document, new Terminal({ colour: false, quiet: false }));
  expect(text).toContain("written    nothing: --out FOLDER");
  expect(existsSync("head.marlin.safetensors")).toBe(false);
});

it("reports the chosen group size beside the others, in at most 100 columns", async () => {
  const tensors: Tensors = { "lm_head.weight": { dtype: "F32", shape: [64, 256], bytes: new Uint8Array(65536) } };
  const zero = await quantise(modelFolder(tensors), { groupSize: 64, report: true });
  expect(zero.report?.groups.map(({ groupSize }) => groupSize)).toEqual([32, 64, 128, "channel"]);
  const { report } = await quantise(EXAMPLE, { report: true });
  expect(report?.groups.map(({ groupSize }) => groupSize)).toEqual([32, "channel"]);
  expect(report?.source).toEqual({ distribution: "normal", seed: 0 });
  for (const document of [zero, await quantise(EXAMPLE, { report: true })]) {
    const text = quantiseText(document, new Terminal({ colour: false, quiet: false }));
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(text).toContain("not a model's own");
  }
});

it.each([
  [{ "lm_head.weight": { dtype: "BF16", shape: [4, 24], bytes: new Uint8Array(192) } }, "hidden is 24"],
  [
    { "lm_head.weight": { dtype: "BF16", shape: [4, 48], bytes: new Uint8Array(384) } },
    "no multiple of group size 128",
  ],
  [{ "lm_head.weight": { dtype: "BF16", shape: [0, 128], bytes: new Uint8Array(0) } }, "vocab is 0"],
  [{ "lm_head.weight": { dtype: "BF16", shape: [128], bytes: new Uint8Array(256) } }, "a matrix is needed"],
])("refuses a head that Marlin can not hold: %#", async (tensors, message) => {
  await expect(quantise(modelFolder(tensors))).rejects.toThrow(message);
});

it("names the row of a NaN beyond the first chunk", async () => {
  const bytes = new Uint8Array(1100 * 16 * 2);
  bytes.set([0xc0, 0x7f], (1030 * 16 + 3) * 2);
  const tensors = { "lm_head.weight": { dtype: "BF16", shape: [1100, 16], bytes } };
  const quantising = quantise(modelFolder(tensors), { groupSize: "channel" });
  await expect(quantising).rejects.toThrow("the weight at row 1030, column 3 is NaN");
});

it.each([
  ["another format", (text: string) => text.replace("marlin-head@1", "marlin-head@2"), "its format is"],
  ["another group size", (text: string) => text.replace('"channel"', '"garbage"'), "group_size"],
  ["another hidden size", (text: string) => text.replace('"hidden_size":"128"', '"hidden_size":"144"'), "ask for"],
  ["a larger vocabulary", (text: string) => text.replace('"vocab_size":"100"', '"vocab_size":"900"'), "ask for"],
])("does not take a Marlin file of %s", async (_, edit, message) => {
  const out = temporaryFolder();
  const file = join(out, "head.marlin.safetensors");
  await quantise(EXAMPLE, { out });
  writeFileSync(file, Buffer.from(edit(readFileSync(file, "latin1")), "latin1"));
  await expect(readMarlinFile(file)).rejects.toThrow(message);
});
