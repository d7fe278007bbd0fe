import { describe, expect, it } from "vitest";
import { packMarlin, unpackMarlin, unpermuteScales } from "../../../src/int4/marlin.ts";
import type { MarlinHead } from "../../../src/int4/marlin-head.ts";
import { openHead, type ReadHeadOptions, readMarlinHead } from "../../../src/int4/read-head.ts";
import { bf16ToBits, f16FromBits } from "../../../src/narrow-float.ts";
import { bytes, golden, modelFolder, type Tensors } from "./checkpoint-folder.ts";
import { repack } from "./marlin-formula.ts";

async function imported(tensors: Tensors, config: unknown, options: ReadHeadOptions = {}) {
  const open = await openHead(modelFolder(tensors, config), options.tensor);
  try {
    return await readMarlinHead(open, options);
  } finally {
    await open.close();
  }
}

/** Codes and scale bits of the true rows. */
function rowsOf(head: MarlinHead): { codes: Uint8Array; scales: Uint16Array } {
  const codes = unpackMarlin(head.weight, head.paddedVocabSize, head.hiddenSize);
  const scales = unpermuteScales(head.scales, head);
  const groups = scales.length / head.paddedVocabSize;
  return {
    codes: codes.subarray(0, head.vocabSize * head.hiddenSize),
    scales: scales.subarray(0, head.vocabSize * groups),
  };
}

function shorts(base64: string | undefined): Uint16Array {
  return new Uint16Array(bytes(base64).buffer);
}

describe("compressed-tensors, as its own library packed it", () => {
  const vector = golden("compressed-tensors");
  const [vocab, hidden] = [vector.vocab, vector.hidden];
  const shape = new Uint8Array(BigInt64Array.of(BigInt(vocab), BigInt(hidden)).buffer);
  const tensors: Tensors = {
    "lm_head.weight_packed": { dtype: "I32", shape: [vocab, hidden / 8], bytes: bytes(vector.weight_packed) },
    "lm_head.weight_scale": { dtype: "BF16", shape: [vocab, hidden / 32], bytes: bytes(vector.weight_scale) },
    "lm_head.weight_shape": { dtype: "I64", shape: [2], bytes: shape },
  };
  const weights = { num_bits: 4, type: "int", symmetric: true, strategy: "group", group_size: 32, actorder: "weight" };

  function config(change: Record<string, unknown> = {}, whole: Record<string, unknown> = {}) {
    return {
      quantization_config: {
        quant_method: "compressed-tensors",
        format: "pack-quantized",
        config_groups: { group_0: { targets: ["Linear"], weights: { ...weights, ...change } } },
        ...whole,
      },
    };
  }

  it.each([undefined, config()])("keeps codes and scales: %#", async (said) => {
    const { head, scalesRounded } = await imported(tensors, said);
    expect(head).toMatchObject({ vocabSize: 72, paddedVocabSize: 128, hiddenSize: 128, groupSize: 32 });
    expect(head.scaleDtype).toBe("bf16");
    expect(scalesRounded).toBe(0);
    const rows = rowsOf(head);
    expect(Buffer.compare(rows.codes, bytes(vector.codes))).toBe(0);
    expect(rows.scales).toEqual(shorts(vector.weight_scale));
    const padding = unpackMarlin(head.weight, 128, 128).subarray(72 * 128);
    expect(padding.every((code) => code === 8)).toBe(true);
    expect(
      unpermuteScales(head.scales, head)
        .subarray(72 * 4)
        .every((bits) => bits === 0x3f80),
    ).toBe(true);
  });

  it("rounds scales only when another type is asked for, and counts those that it changed", async () => {
    const { head, scalesRounded } = await imported(tensors, config(), { scaleDtype: "f16" });
    const values = shorts(vector.weight_scale);
    const kept = rowsOf(head).scales;
    expect(scalesRounded).toBe(kept.filter((bits, i) => bf16ToBits(f16FromBits(bits)) !== values[i]).length);
    const wide = new Uint8Array(Float32Array.from(values, () => 1 + 2 ** -20).buffer);
    const scale = { dtype: "F32", shape: [vocab, hidden / 32], bytes: wide };
    const single = { ...tensors, "lm_head.weight_scale": scale };
    await expect(imported(single, config())).rejects.toThrow("are F32, Marlin takes 16 bits");
    expect((await imported(single, config(), { scaleDtype: "bf16" })).scalesRounded).toBe(values.length);
  });

  it.each([
    [config({ symmetric: false }), "group_0 is asymmetric"],
    [config({ num_bits: 8 }), "no pack-quantized config group has 4 bits and group size 32"],
    [config({ group_size: 128 }), "no pack-quantized config group has 4 bits and group size 32"],
    [config({ strategy: "channel" }), "no pack-quantized config group has 4 bits and group size 32"],
    [config({ type: "float" }), "group_0 has type float"],
    [config({ actorder: "group" }), "actorder group, and there is no weight_g_idx"],
    [config({}, { format: "marlin-24" }), "no pack-quantized config group"],
    [config({}, { quant_method: "fp8" }), 'quant_method is "fp8"'],
  ])("refuses a config that says otherwise: %#", async (said, message) => {
    const importing = imported(tensors, said);
    await expect(importing).rejects.toMatchObject({ code: "CHECKPOINT_UNSUPPORTED" });
    await expect(importing).rejects.toThrow(message);
  });

  it.each([
    ["weight_zero_point", { dtype: "I32", shape: [9, 4], bytes: new Uint8Array(144) }, "asymmetric"],
    ["weight_scale", { dtype: "BF16", shape: [72, 3], bytes: new Uint8Array(432) }, "3 scales to 128 weights"],
    ["weight_scale", { dtype: "BF16", shape: [71, 4], bytes: new Uint8Array(568) }, "[72, 4] is needed"],
    ["weight_scale", { dtype: "I16", shape: [72, 4], bytes: new Uint8Array(576) }, "has dtype I16"],
    ["weight_shape", { dtype: "I32", shape: [2], bytes: new Uint8Array(Int32Array.of(72, 64).buffer) }, "not 4 bits"],
    ["weight_shape", { dtype: "I32", shape: [2], bytes: new Uint8Array(Int32Array.of(71, 128).buffer) }, "is needed"],
    ["weight_packed", { dtype: "F32", shape: [72, 16], bytes: new Uint8Array(4608) }, "has dtype F32"],
    ["bias", { dtype: "F16", shape: [1], bytes: Uint8Array.of(0, 1) }, "has no bias"],
  ])("refuses another %s: %#", async (name, tensor, message) => {
    await expect(imported({ ...tensors, [`lm_head.${name}`]: tensor }, config())).rejects.toThrow(message);
  });

  it("refuses a scale that is not finite, and act-order, with their places", async () => {
    const scales = shorts(vector.weight_scale);
    scales[4 * 70 + 2] = 0x7fc0;
    const scale = { dtype: "BF16", shape: [vocab, hidden / 32], bytes: new Uint8Array(scales.buffer) };
    await expect(imported({ ...tensors, "lm_head.weight_scale": scale }, config())).rejects.toThrow("NaN at [70, 2]");
    const order = new Uint8Array(Int32Array.from({ length: hidden }, (_, k) => (k === 64 ? 1 : k >> 5)).buffer);
    const moved = { ...tensors, "lm_head.weight_g_idx": { dtype: "I32", shape: [hidden], bytes: order } };
    await expect(imported(moved, config())).rejects.toThrow("puts row 64 into group 1, in order it is 2");
  });

  it("refuses a group size for a head that has one", async () => {
    await expect(imported(tensors, config(), { groupSize: 128 })).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("GPTQ, as AutoGPTQ packed it", () => {
  const vector = golden("gptq");
  const [vocab, hidden] = [vector.vocab, vector.hidden];
  const tensors: Tensors = {
    "lm_head.qweight": { dtype: "I32", shape: [hidden / 8, vocab], bytes: bytes(vector.qweight) },
    "lm_head.qzeros": { dtype: "I32", shape: [4, vocab / 8], bytes: bytes(vector.qzeros) },
    "lm_head.scales": { dtype: "F16", shape: [4, vocab], bytes: bytes(vector.scales) },
    "lm_head.g_idx": { dtype: "I32", shape: [hidden], bytes: bytes(vector.g_idx) },
    "lm_head.bias": { dtype: "F16", shape: [vocab], bytes: new Uint8Array(2 * vocab) },
  };

  function config(change: Record<string, unknown> = {}) {
    return {
      quantization_config: { quant_method: "gptq", bits: 4, group_size: 32, desc_act: false, sym: true, ...change },
    };
  }

  const second = { ...tensors, "lm_head.qzeros": zeros(() => 0x88) };

  function zeros(byteAt: (index: number) => number): Tensors[string] {
    return { dtype: "I32", shape: [4, vocab / 8], bytes: Uint8Array.from({ length: 2 * vocab }, (_, i) => byteAt(i)) };
  }

  it.each([
    [tensors, config()],
    [tensors, config({ checkpoint_format: "gptq", desc_act: true })],
    [second, config({ checkpoint_format: "gptq_v2" })],
  ])("is what vLLM's repack kernel makes: %#", async (given, said) => {
    const { head } = await imported(given, said);
    expect(head).toMatchObject({ vocabSize: 64, hiddenSize: 128, groupSize: 32, scaleDtype: "f16" });
    const words = new Uint32Array(bytes(vector.qweight).buffer);
    expect(head.weight).toEqual(repack(words, hidden, vocab));
    expect(head.weight).toEqual(packMarlin(bytes(vector.codes), vocab, hidden));
    const scales = shorts(vector.scales);
    expect([...rowsOf(head).scales]).toEqual(
      Array.from(scales, (_, i) => scales[(i % 4) * vocab + Math.floor(i / 4)] as number),
    );
  });

  it("pads the vocabulary", async () => {
    const { head } = await imported(tensors, config(), { vocabMultiple: 256 });
    expect(head.paddedVocabSize).toBe(256);
    const codes = unpackMarlin(head.weight, 256, hidden);
    expect(Buffer.compare(codes.subarray(0, vocab * hidden), bytes(vector.codes))).toBe(0);
    expect(codes.subarray(vocab * hidden).every((code) => code === 8)).toBe(true);
  });

  it.each([
    [tensors, undefined, "has no quantization_config"],
    [tensors, config({ checkpoint_format: "gptq_v2" }), 'group 0, column 0 of "lm_head.qzeros" is 7'],
    [second, config(), 'group 0, column 0 of "lm_head.qzeros" is 9'],
    [tensors, config({ checkpoint_format: "marlin" }), 'checkpoint_format is "marlin"'],
    [tensors, config({ quant_method: "awq" }), 'quant_method is "awq", not gptq'],
    [tensors, config({ bits: 8 }), "bits is 8"],
    [tensors, config({ group_size: 64 }), "group_size is 64, the tensors have 32"],
    [tensors, config({ group_size: -1 }), "group_size is -1, the tensors have 32"],
    [{ ...tensors, "lm_head.qzeros": zeros((i) => (i === 40 ? 0x57 : 0x77)) }, config(), "group 1, column 17"],
    [{ ...tensors, "lm_head.qzeros": zeros((i) => (i === 40 ? 0x7f : 0x77)) }, config(), "is 16 "],
  ])("refuses what is not 4 bits with zero points 8: %#", async (given, said, message) => {
    await expect(imported(given, said)).rejects.toThrow(message);
  });

  it("refuses act-order by name", async () => {
    const order = new Int32Array(bytes(vector.g_idx).buffer);
    order[0] = 3;
    const moved = { dtype: "I32", shape: [hidden], bytes: new Uint8Array(order.buffer) };
    const importing = imported({ ...tensors, "lm_head.g_idx": moved }, config({ desc_act: true }));
    await expect(importing).rejects.toMatchObject({
      code: "CHECKPOINT_UNSUPPORTED",
      hint: "act-order (desc_act) is not supported",
    });
    const { "lm_head.g_idx": _, ...without } = tensors;
    await expect(imported(without, config({ desc_act: true }))).rejects.toThrow(
      "desc_act is true and there is no g_idx",
    );
    await expect(imported(without, config())).resolves.toBeDefined();
  });

  it("refuses tensors that are missing or of other shapes", async () => {
    const { "lm_head.scales": _, ...without } = tensors;
    await expect(imported(without, config())).rejects.toThrow('there is no "lm_head.scales"');
    const short = { dtype: "I32", shape: [3, vocab / 8], bytes: new Uint8Array(96) };
    await expect(imported({ ...tensors, "lm_head.qzeros": short }, config())).rejects.toThrow("[4, 8] is needed");
  });
});

it.each(["U8", "I32", "F64"])("refuses a head of dtype %s", async (dtype) => {
  const size = { U8: 1, I32: 4, F64: 8 }[dtype] as number;
  const weight = { dtype, shape: [64, 16], bytes: new Uint8Array(1024 * size) };
  await expect(imported({ "lm_head.weight": weight }, undefined, { groupSize: "channel" })).rejects.toThrow(
    `"lm_head.weight" has dtype ${dtype}, a head is BF16, F16 or F32`,
  );
});
