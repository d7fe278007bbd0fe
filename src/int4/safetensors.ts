import { type FileHandle, open, stat } from "node:fs/promises";
import { canonicalJson } from "../canonical.ts";
import { DecodeLabError } from "../errors.ts";
import { reasonOf } from "../record-file.ts";
import {
  MAX_HEADER_BYTES,
  parseSafetensorsHeader,
  quoted,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors-header.ts";

/** A safetensors file (huggingface/safetensors, format 0.x): its header in memory, its tensors read by byte range. */
export class SafetensorsFile {
  readonly path: string;
  readonly tensors: SafetensorsHeader["tensors"];
  readonly metadata: SafetensorsHeader["metadata"];
  readonly #handle: FileHandle;

  private constructor(path: string, header: SafetensorsHeader, handle: FileHandle) {
    this.path = path;
    this.tensors = header.tensors;
    this.metadata = header.metadata;
    this.#handle = handle;
  }

  /** FILE_MISSING where it can not be read, CHECKPOINT_INVALID where it is no safetensors file. */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await openRegularFile(path).catch((cause) => {
      throw new DecodeLabError("FILE_MISSING", `cannot read ${path}: ${reasonOf(cause)}`, { cause });
    });
    try {
      return new SafetensorsFile(path, await readHeader(handle, path), handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** The bytes from `begin` to `end` of a tensor, counted from its first. */
  async read(tensor: TensorEntry, begin = 0, end = tensor.end - tensor.begin): Promise<Uint8Array<ArrayBuffer>> {
    if (begin < 0 || end < begin || tensor.begin + end > tensor.end) {
      throw new RangeError(`bytes ${begin} to ${end} of ${quoted(tensor.name)}`);
    }
    return readBytes(this.#handle, tensor.begin + begin, end - begin, this.path);
  }
}

/** Asked before it is opened: opening a FIFO may never end. */
async function openRegularFile(path: string): Promise<FileHandle> {
  if (!(await stat(path)).isFile()) throw new Error("it is not a regular file");
  return open(path);
}

async function readHeader(handle: FileHandle, path: string): Promise<SafetensorsHeader> {
  const invalid = (message: string) =>
    new DecodeLabError("CHECKPOINT_INVALID", message, { at: { file: path, line: 0 } });
  const { size } = await handle.stat();
  if (size < 8) throw invalid(`${size} bytes are no safetensors file`);
  const lengthBytes = await readBytes(handle, 0, 8, path);
  const length = new DataView(lengthBytes.buffer).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw invalid(`the header is said to have ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  }
  const dataStart = 8 + Number(length);
  if (dataStart > size) throw invalid(`the header is said to have ${length} bytes, the file has ${size}`);
  const bytes = await readBytes(handle, 8, Number(length), path);
  return parseSafetensorsHeader(utf8(bytes, invalid), dataStart, size, path);
}

function utf8(bytes: Uint8Array, invalid: (message: string) => DecodeLabError): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("the header is not UTF-8");
  }
}

/** One read call takes at most 2 GiB. */
const MAX_READ = 2 ** 30;

async function readBytes(
  handle: FileHandle,
  position: number,
  length: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, MAX_READ), position + done);
    if (bytesRead === 0) {
      const message = `the file ended at byte ${position + done} while it was read`;
      throw new DecodeLabError("CHECKPOINT_INVALID", message, { at: { file: path, line: 0 } });
    }
    done += bytesRead;
  }
  return bytes;
}

/** A tensor to be written: its bytes are those of little-endian elements. */
export interface TensorBytes {
  name: string;
  dtype: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

/** A safetensors file as parts to be written one after the other; the header is padded so that the data begin at a multiple of 8. */
export function safetensorsParts(tensors: readonly TensorBytes[], metadata: Record<string, string>): Uint8Array[] {
  let offset = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes }) => {
    const begin = offset;
    offset += bytes.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, offset] }];
  });
  const json = canonicalJson(Object.fromEntries([["__metadata__", metadata], ...entries]));
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  header.set(text, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  return [header, ...tensors.map(({ bytes }) => bytes)];
}
