import { packMarlin, unpackMarlin } from "../../src/int4/marlin.ts";
import { quantiseRows } from "../../src/int4/quantise.ts";
import { RandomStream } from "../../src/random.ts";

export interface PackingSizes {
  vocab: number;
  hidden: number;
}

/** Seconds of each repetition, in order. */
export interface PackingTimes extends PackingSizes {
  pack: number[];
  unpack: number[];
  /** Of `quantisedRows` rows of float32 normal numbers, group size 128. */
  quantise: number[];
  quantisedRows: number;
}

const QUANTISED_ROWS = 4096;

/** Times packing and unpacking of random codes; throws where a round trip does not give them back. */
export function measurePacking({ vocab, hidden }: PackingSizes, repetitions: number): PackingTimes {
  const codes = new Uint8Array(vocab * hidden);
  const words = new Uint32Array(codes.buffer);
  const stream = new RandomStream(1, "codes");
  for (let i = 0; i < words.length; i++) words[i] = stream.bits() & 0x0f0f0f0f;
  const rows = new Float32Array(QUANTISED_ROWS * hidden).map(() => stream.normal());
  const times: PackingTimes = { vocab, hidden, pack: [], unpack: [], quantise: [], quantisedRows: QUANTISED_ROWS };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const packed = timed(times.pack, () => packMarlin(codes, vocab, hidden));
    const back = timed(times.unpack, () => unpackMarlin(packed, vocab, hidden));
    if (Buffer.compare(back, codes) !== 0) throw new Error("unpacking did not give the codes back");
    timed(times.quantise, () => quantiseRows(rows, hidden, hidden % 128 === 0 ? 128 : "channel", "bf16"));
  }
  return times;
}

function timed<Result>(seconds: number[], work: () => Result): Result {
  const start = performance.now();
  const result = work();
  seconds.push((performance.now() - start) / 1000);
  return result;
}
