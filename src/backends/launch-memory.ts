import { type Definition, tensorBytes } from "../definition.ts";
import { DecodeLabError } from "../errors.ts";
import { lendInput, type WorkloadInputs } from "../inputs.ts";
import type { NativeParameter } from "../native/addon.ts";

type BufferParameter = Extract<NativeParameter, { kind: "buffer" }>;

const POISON_BYTE = 0xff;

/** Scratch buffers of a row by name, which outlive its launches. */
export type Workspaces = Map<string, BufferParameter>;

/** The buffers of one launch, shared by its stages: copies of inputs, poisoned outputs, the row's workspaces. */
export class LaunchMemory {
  readonly #definition: Definition;
  readonly #inputs: WorkloadInputs;
  readonly #workspaces: Workspaces;
  readonly #buffers = new Map<string, BufferParameter>();
  readonly #absent = new Set<string>();

  constructor(definition: Definition, inputs: WorkloadInputs, workspaces: Workspaces) {
    this.#definition = definition;
    this.#inputs = inputs;
    this.#workspaces = workspaces;
  }

  /** The parameter of that name; null where the tensor is absent or has no elements. */
  bind(name: string): NativeParameter {
    const known = this.#buffers.get(name) ?? this.#workspaces.get(name);
    if (known !== undefined) return known;
    if (this.#inputs.tensors.has(name)) {
      return this.#keep({ kind: "buffer", name, bytes: lendInput(this.#inputs, name), initialised: true });
    }
    if (name in this.#definition.inputs) return this.#none(name);
    const { axes, context } = this.#inputs;
    const workspace = this.#definition.workspaces[name];
    const tensor = workspace ?? this.#definition.outputs[name];
    if (tensor === undefined) {
      throw new DecodeLabError("SCHEMA", `${this.#definition.name} has no input, output or workspace \`${name}\``);
    }
    const size = tensorBytes(tensor, axes, context.dtypes);
    if (size === 0) return this.#none(name);
    const initialised = workspace?.init === "zeros";
    const bytes = new Uint8Array(size).fill(initialised ? 0 : POISON_BYTE);
    const buffer: BufferParameter = { kind: "buffer", name, bytes, initialised };
    if (!initialised) buffer.writtenBefore = new Uint8Array(Math.ceil(size / 8));
    if (workspace === undefined) return this.#keep(buffer);
    this.#workspaces.set(name, buffer);
    return buffer;
  }

  /** The outputs that a stage has bound; one without elements, whose pointer is null, has no bytes. */
  outputs(): Record<string, Uint8Array> {
    const outputs: Record<string, Uint8Array> = {};
    for (const name of Object.keys(this.#definition.outputs)) {
      const bytes = this.#absent.has(name) ? new Uint8Array() : this.#buffers.get(name)?.bytes;
      if (bytes !== undefined) outputs[name] = bytes;
    }
    return outputs;
  }

  /** The inputs that were lent, with their bytes. */
  lentInputs(): { name: string; bytes: Uint8Array }[] {
    return [...this.#buffers.values()].filter(({ name }) => this.#inputs.tensors.has(name));
  }

  #none(name: string): NativeParameter {
    this.#absent.add(name);
    return { kind: "null", name };
  }

  #keep(buffer: BufferParameter): BufferParameter {
    this.#buffers.set(buffer.name, buffer);
    return buffer;
  }
}
