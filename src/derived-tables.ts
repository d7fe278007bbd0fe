import type { Axes } from "./expression.ts";

/** Makes a table from the axes. */
export type Derive = (axes: Axes) => Float32Array;

interface Entry {
  /** The axes that `derive` read, and so all that the table depends on. */
  axes: Axes;
  free: Uint8Array[];
}

/**
 * Derived inputs, kept for the process because a table of 131072 positions takes a second to make.
 * A row that runs has a copy of its own; it comes back only if the kernel left it unwritten.
 */
export class DerivedTables {
  readonly #entries = new Map<Derive, Entry[]>();

  /** The table's bytes, for the borrower alone until given back. */
  lend(derive: Derive, axes: Axes): Uint8Array {
    const entries = this.#entries.get(derive) ?? [];
    this.#entries.set(derive, entries);
    const known = entries.find((entry) => Object.entries(entry.axes).every(([name, value]) => axes[name] === value));
    const free = known?.free.pop();
    if (free !== undefined) return free;
    const read: Axes = {};
    const table = derive(recordingReads(axes, read));
    if (known === undefined) entries.push({ axes: read, free: [] });
    return new Uint8Array(table.buffer, table.byteOffset, table.byteLength);
  }

  /** Takes back a table whose bytes are as they were lent. */
  giveBack(derive: Derive, axes: Axes, bytes: Uint8Array): void {
    const entries = this.#entries.get(derive) ?? [];
    const entry = entries.find((candidate) =>
      Object.entries(candidate.axes).every(([name, value]) => axes[name] === value),
    );
    entry?.free.push(bytes);
  }
}

function recordingReads(axes: Axes, read: Axes): Axes {
  return new Proxy(axes, {
    get(target, name) {
      const value = target[name as string];
      if (typeof name === "string" && value !== undefined) read[name] = value;
      return value;
    },
  });
}
