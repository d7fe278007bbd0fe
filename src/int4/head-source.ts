import { createHash, type Hash } from "node:crypto";
import { DecodeLabError, type ErrorCode } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { FoundHead } from "./find-head.ts";
import { quoted, type TensorEntry } from "./safetensors-header.ts";

/** A head in its checkpoint; what is read of it is hashed tensor by tensor. */
export class HeadSource {
  readonly checkpoint: Checkpoint;
  readonly found: FoundHead;
  readonly #hashes = new Map<string, Hash>();

  constructor(checkpoint: Checkpoint, found: FoundHead) {
    this.checkpoint = checkpoint;
    this.found = found;
  }

  /** A tensor of the module by its own name, such as `weight_scale`. */
  optional(name: string): TensorEntry | undefined {
    return this.checkpoint.find(`${this.found.module}.${name}`);
  }

  tensor(name: string): TensorEntry {
    const tensor = this.optional(name);
    if (tensor !== undefined) return tensor;
    throw this.refusal("CHECKPOINT_INVALID", `there is no ${quoted(`${this.found.module}.${name}`)}`);
  }

  /** Bytes of a tensor; those of one tensor are read in order, each once. */
  async read(tensor: TensorEntry, begin?: number, end?: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.checkpoint.read(tensor, begin, end);
    const hash = this.#hashes.get(tensor.name) ?? createHash("sha256");
    this.#hashes.set(tensor.name, hash.update(bytes));
    return bytes;
  }

  /** SHA-256 of the bytes of each tensor that was read. */
  sha256(): Record<string, string> {
    return Object.fromEntries([...this.#hashes].map(([name, hash]) => [name, hash.copy().digest("hex")]));
  }

  /** CHECKPOINT_INVALID unless the tensor has this dtype and shape. */
  expect(tensor: TensorEntry, dtypes: readonly string[], shape: readonly number[]): void {
    if (!dtypes.includes(tensor.dtype)) {
      const message = `${quoted(tensor.name)} has dtype ${tensor.dtype}, ${dtypes.join(" or ")} is needed`;
      throw this.refusal("CHECKPOINT_INVALID", message);
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((extent, i) => extent !== shape[i])) {
      const [found, needed] = [tensor.shape, shape].map((extents) => `[${extents.join(", ")}]`);
      throw this.refusal("CHECKPOINT_INVALID", `${quoted(tensor.name)} has shape ${found}, ${needed} is needed`);
    }
  }

  refusal(code: ErrorCode, message: string, hint = ""): DecodeLabError {
    return new DecodeLabError(code, message, {
      hint,
      at: { file: this.checkpoint.fileOf(this.found.weight.name), line: 0 },
    });
  }
}

/** Rows and columns of a matrix; CHECKPOINT_INVALID for any other shape. */
export function matrixShape(source: HeadSource, tensor: TensorEntry): [number, number] {
  const [rows, columns] = tensor.shape;
  if (tensor.shape.length === 2 && rows !== undefined && columns !== undefined) return [rows, columns];
  const message = `${quoted(tensor.name)} has shape [${tensor.shape.join(", ")}], a matrix is needed`;
  throw source.refusal("CHECKPOINT_INVALID", message);
}

/** Called after each part of a head with the share that is done, 0 to 1. */
export type OnProgress = (share: number) => void;
