import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Checkpoint } from "../../../src/int4/checkpoint.ts";
import { openHead } from "../../../src/int4/read-head.ts";
import { modelFolder, type Tensors, temporaryFolder, writeTensors } from "./checkpoint-folder.ts";

function matrix(rows: number, columns = 16): Tensors[string] {
  return { dtype: "BF16", shape: [rows, columns], bytes: new Uint8Array(2 * rows * columns).fill(rows) };
}

function shardedFolder(weightMap: Record<string, unknown>): string {
  const folder = temporaryFolder();
  writeTensors(join(folder, "model-1.safetensors"), { "model.norm.weight": matrix(1), stray: matrix(2) });
  writeTensors(join(folder, "model-2.safetensors"), { "lm_head.weight": matrix(3) });
  const index = { metadata: { total_size: 1 }, weight_map: weightMap };
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  return folder;
}

const SHARDS = { "model.norm.weight": "model-1.safetensors", "lm_head.weight": "model-2.safetensors" };

describe("a checkpoint", () => {
  it("of shards has the tensors of its index, each from its file", async () => {
    const folder = shardedFolder(SHARDS);
    for (const path of [folder, join(folder, "model.safetensors.index.json")]) {
      const checkpoint = await Checkpoint.open(path);
      expect(checkpoint.names()).toEqual(Object.keys(SHARDS));
      expect(checkpoint.find("stray")).toBeUndefined();
      const head = checkpoint.find("lm_head.weight");
      if (head === undefined) throw new Error("no head");
      expect(checkpoint.fileOf("lm_head.weight")).toBe(join(folder, "model-2.safetensors"));
      expect(await checkpoint.read(head, 94, 96)).toEqual(Uint8Array.of(3, 3));
      await checkpoint.close();
    }
  });

  it.each([
    [{ "lm_head.weight": "../model-2.safetensors" }, "PATH_ESCAPES", "no name of a file beside the index"],
    [{ "lm_head.weight": "/etc/passwd" }, "PATH_ESCAPES", "no name of a file beside the index"],
    [{ "lm_head.weight": ".." }, "PATH_ESCAPES", "no name of a file beside the index"],
    [{ "lm_head.weight": "model-1.safetensors" }, "CHECKPOINT_INVALID", 'has no tensor "lm_head.weight"'],
    [{ "lm_head.weight": "model-9.safetensors" }, "FILE_MISSING", "model-9.safetensors"],
    [{ "lm_head.weight": 1 }, "SCHEMA", "weight_map"],
  ])("refuses the index %j", async (weightMap, code, message) => {
    const opening = Checkpoint.open(shardedFolder({ ...SHARDS, ...weightMap }));
    await expect(opening).rejects.toMatchObject({ code });
    await expect(opening).rejects.toThrow(message);
  });

  it("is refused where a folder has none or several", async () => {
    const folder = temporaryFolder();
    await expect(Checkpoint.open(folder)).rejects.toThrow("has no safetensors file");
    for (const name of ["a", "b"]) writeTensors(join(folder, `${name}.safetensors`), { x: matrix(1) });
    await expect(Checkpoint.open(folder)).rejects.toThrow('several checkpoints: "a.safetensors", "b.safetensors"');
    await expect(Checkpoint.open(join(folder, "c"))).rejects.toMatchObject({ code: "FILE_MISSING" });
    mkdirSync(join(folder, "c.safetensors"));
    await expect(Checkpoint.open(join(folder, "c.safetensors"))).rejects.toThrow("has no safetensors file");
  });
});

describe("the head", () => {
  const body = { "model.layers.0.mlp.weight": matrix(48), "model.embed_tokens_per_layer.weight": matrix(64) };

  async function found(tensors: Tensors, asked?: string, config?: unknown) {
    const head = await openHead(modelFolder({ ...body, ...tensors }, config), asked);
    await head.close();
    const { weight, module, tied, format } = head.source.found;
    return { name: weight.name, module, tied, format };
  }

  it.each([
    [{ "lm_head.weight": matrix(32), "model.embed_tokens.weight": matrix(32) }, "lm_head.weight", false],
    [{ "model.language_model.lm_head.weight": matrix(32) }, "model.language_model.lm_head.weight", false],
    [{ "model.embed_tokens.weight": matrix(32) }, "model.embed_tokens.weight", true],
    [{ "model.language_model.embed_tokens.weight": matrix(32) }, "model.language_model.embed_tokens.weight", true],
    [{ "lm_head.weight_packed": matrix(32), "model.embed_tokens.weight": matrix(32) }, "lm_head.weight_packed", false],
    [{ "lm_head.qweight": matrix(32), "model.embed_tokens.weight": matrix(32) }, "lm_head.qweight", false],
  ])("is found by name: %#", async (tensors, name, tied) => {
    expect(await found(tensors as Tensors)).toMatchObject({ name, tied });
  });

  it.each([
    ["lm_head", "lm_head.weight_packed", "compressed-tensors"],
    ["lm_head.weight_packed", "lm_head.weight_packed", "compressed-tensors"],
    ["other", "other.qweight", "gptq"],
    ["model.embed_tokens", "model.embed_tokens.weight", "float"],
    ["bare", "bare", "float"],
  ])("named %s is %s", async (asked, name, format) => {
    const tensors = {
      "lm_head.weight_packed": matrix(32),
      "other.qweight": matrix(32),
      "model.embed_tokens.weight": matrix(32),
      bare: matrix(32),
    };
    expect(await found(tensors, asked)).toMatchObject({ name, format, tied: name.includes("embed_tokens") });
  });

  it("is refused where nothing is called so, with the largest matrices", async () => {
    for (const asked of [undefined, "head"]) {
      const finding = found({}, asked);
      await expect(finding).rejects.toMatchObject({ code: "USAGE" });
      await expect(finding).rejects.toThrow(
        'its largest matrices are "model.embed_tokens_per_layer.weight" BF16 [64, 16], "model.layers.0.mlp.weight" BF16 [48, 16]',
      );
    }
  });

  it("is refused where several are called so", async () => {
    const tensors = { "a.lm_head.weight": matrix(32), "b.lm_head.weight": matrix(32) };
    await expect(found(tensors)).rejects.toThrow('several modules are called lm_head: "a.lm_head.weight"');
  });

  it("is not the embedding where the config says that it is not tied", async () => {
    const tensors = { "model.embed_tokens.weight": matrix(32) };
    for (const config of [{ tie_word_embeddings: false }, { text_config: { tie_word_embeddings: false } }]) {
      await expect(found(tensors, undefined, config)).rejects.toThrow("not tied");
      expect(await found(tensors, "model.embed_tokens", config)).toMatchObject({ tied: true });
    }
    expect(await found(tensors, undefined, { tie_word_embeddings: true })).toMatchObject({ tied: true });
  });
});
