/**
 * Numbers that depend on (seed, stream) alone: xoshiro128** 1.1 (Blackman and Vigna), its state filled by splitmix32.
 * Only 32-bit integer operations and exact float64 sums: the same bits on every platform.
 */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** `stream` names what the numbers are for, so that tensors of one seed do not share values. */
  constructor(seed: number, stream: string) {
    let state = hash(`${seed}:${stream}`);
    const next = () => {
      state = (state + 0x9e3779b9) | 0;
      return mix(state);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  /** 32 uniform bits. */
  bits(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** Uniform in [0, 1), 32 bits. */
  uniform(): number {
    return this.bits() * 2 ** -32;
  }

  /** Whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** Mean 0, variance 1, within ±6: the sum of twelve uniforms less 6 (Irwin-Hall), which needs no logarithm. */
  normal(): number {
    let sum = -6 + 12 * 2 ** -17;
    for (let i = 0; i < 6; i++) {
      const bits = this.bits();
      sum += ((bits >>> 16) + (bits & 0xffff)) * 2 ** -16;
    }
    return sum;
  }
}

/** FNV-1a of the text's UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value | 0;
}

/** Finaliser of MurmurHash3. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
