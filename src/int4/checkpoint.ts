import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { DecodeLabError } from "../errors.ts";
import { readRecord, reasonOf } from "../record-file.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { quoted, type TensorEntry } from "./safetensors-header.ts";

const INDEX_SUFFIX = ".safetensors.index.json";

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The tensors of one safetensors file, or of a model folder with all its shards. */
export class Checkpoint {
  /** Where config.json is looked for. */
  readonly folder: string;
  readonly #homes: ReadonlyMap<string, SafetensorsFile>;

  private constructor(folder: string, homes: ReadonlyMap<string, SafetensorsFile>) {
    this.folder = folder;
    this.#homes = homes;
  }

  /**
   * A `.safetensors` file, a `.safetensors.index.json`, or a folder with one of either. With an index, the tensors are those
   * that it names, each in the file it names: a name without slashes, beside the index.
   */
  static async open(path: string): Promise<Checkpoint> {
    const file = await checkpointFile(path);
    return new Checkpoint(dirname(file), file.endsWith(INDEX_SUFFIX) ? await openShards(file) : await openOne(file));
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.#homes.values())].map((file) => file.close()));
  }

  names(): string[] {
    return [...this.#homes.keys()];
  }

  find(name: string): TensorEntry | undefined {
    return this.#homes.get(name)?.tensors.get(name);
  }

  /** The tensor's file, for messages. */
  fileOf(name: string): string {
    return this.#homes.get(name)?.path ?? this.folder;
  }

  /** Bytes `begin` to `end` of a tensor, counted from its first. */
  async read(tensor: TensorEntry, begin?: number, end?: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#homes.get(tensor.name);
    if (file === undefined) throw new Error(`${quoted(tensor.name)} is no tensor of this checkpoint`);
    return file.read(tensor, begin, end);
  }
}

async function checkpointFile(path: string): Promise<string> {
  const kind = await stat(path).catch((cause) => {
    throw new DecodeLabError("FILE_MISSING", `cannot read ${path}: ${reasonOf(cause)}`, { cause });
  });
  if (!kind.isDirectory()) return path;
  const names = (await readdir(path)).sort();
  const indices = names.filter((name) => name.endsWith(INDEX_SUFFIX));
  const files = names.filter((name) => name.endsWith(".safetensors"));
  const [only, ...others] = indices.length > 0 ? indices : files;
  if (only === undefined) throw new DecodeLabError("FILE_MISSING", `${path} has no safetensors file`);
  if (others.length > 0) {
    const found = [only, ...others].map((name) => quoted(name)).join(", ");
    throw new DecodeLabError("USAGE", `${path} has several checkpoints: ${found}`, { hint: "name the file" });
  }
  return join(path, only);
}

async function openOne(file: string): Promise<Map<string, SafetensorsFile>> {
  const opened = await SafetensorsFile.open(file);
  return new Map([...opened.tensors.keys()].map((name) => [name, opened]));
}

async function openShards(index: string): Promise<Map<string, SafetensorsFile>> {
  const homes = Object.entries((await readRecord(index, indexSchema)).weight_map);
  const at = { file: index, line: 0 };
  const shards = new Map<string, SafetensorsFile>();
  try {
    for (const [tensor, name] of homes) {
      if (name !== basename(name) || ["", ".", ".."].includes(name)) {
        throw new DecodeLabError("PATH_ESCAPES", `${quoted(name)} is no name of a file beside the index`, { at });
      }
      if (!shards.has(name)) shards.set(name, await SafetensorsFile.open(join(dirname(index), name)));
      if (!shards.get(name)?.tensors.has(tensor)) {
        throw new DecodeLabError("CHECKPOINT_INVALID", `${name} has no tensor ${quoted(tensor)}`, { at });
      }
    }
  } catch (error) {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
    throw error;
  }
  return new Map(homes.map(([tensor, name]) => [tensor, shards.get(name) as SafetensorsFile]));
}
