import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Dtypes } from "./definition.ts";
import { DecodeLabError, withPosition } from "./errors.ts";
import type { Axes } from "./expression.ts";
import type { RandomStream } from "./random.ts";

/** Values of tensors and scalars by name; a scalar is an array of one. */
export type TensorValues = Record<string, Float64Array>;

/** The bits of elements of 1, 2 or 4 bytes. */
export type RawTensor = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

export interface ReferenceContext {
  dtypes: Dtypes;
  /** Inputs that the definition calls raw, by name; they are not among the values. */
  raw: Record<string, RawTensor>;
}

export interface InputContext extends ReferenceContext {
  axes: Axes;
  recipe: string;
  seed: number;
  /** Of this input and seed. */
  stream: RandomStream;
  /** Values of inputs that stand before this one in the definition. */
  values: TensorValues;
}

/** Makes a tensor: values, or of a raw input the bits themselves. */
export type MakeInput = (context: InputContext) => ArrayLike<number>;

/** What a kernel's reference.ts exports. */
export interface ReferenceModule {
  /** Recipes of its own, beside those of src/recipes.ts. */
  recipes?: readonly string[];
  /** Inputs that it makes itself. */
  inputs?: Record<string, MakeInput>;
  /** Inputs that follow from the axes alone, such as a cos/sin table; not handed to the two functions below. */
  derivedInputs?: Record<string, (axes: Axes) => Float32Array>;
  /** The meaning of the kernel in float64. */
  reference(axes: Axes, inputs: TensorValues, context: ReferenceContext): TensorValues;
  /** The usual path in the outputs' own precision, rounded where it rounds: the measure of an honest error. */
  naive(axes: Axes, inputs: TensorValues, context: ReferenceContext): TensorValues;
}

/** reference.ts of a kernel folder, compiled in memory so that it is never older than its source. */
export async function loadReferenceModule(folder: string): Promise<ReferenceModule> {
  const file = join(folder, "reference.ts");
  if (!existsSync(file)) throw new DecodeLabError("FILE_MISSING", `${folder} has no reference.ts`);
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
    sourcemap: "inline",
  }).catch((error: Error) => {
    throw new DecodeLabError("SCHEMA", `cannot compile reference.ts: ${error.message}`, { at: { file, line: 0 } });
  });
  const code = outputFiles[0]?.text ?? "";
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  const module = await import(/* @vite-ignore */ url).catch((error: unknown) => {
    throw faultOf("reference.ts cannot be loaded", file, error);
  });
  for (const name of ["reference", "naive"]) {
    if (typeof module[name] === "function") continue;
    throw new DecodeLabError("SCHEMA", `reference.ts does not export a function \`${name}\``, {
      at: { file, line: 0 },
    });
  }
  return module as ReferenceModule;
}

/** What a kernel folder's own code or numbers made fail, as SCHEMA at its file; a DecodeLabError stays as it is. */
export function faultOf(what: string, file: string, thrown: unknown): DecodeLabError {
  if (thrown instanceof DecodeLabError) return withPosition(thrown, { file, line: 0 });
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new DecodeLabError("SCHEMA", `${what}: ${reason}`, { at: { file, line: 0 }, cause: thrown });
}
