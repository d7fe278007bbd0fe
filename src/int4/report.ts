import { dequantiseRows } from "./dequantise.ts";
import { quantiseRows } from "./quantise.ts";
import type { GroupSize, ScaleDtype } from "./shape.ts";

/** Upper ends of the histogram's bins; the last bin has none. A margin of a few error deviations seldom falls. */
export const MARGIN_BINS = [0.5, 1, 2, 4, 8, 16] as const;

/** Hidden states whose margin lies in one bin, and those of them whose arg-max changed. */
export interface MarginBin {
  /** Exclusive, in root mean square logit errors; absent in the last bin. */
  below?: number;
  hiddenStates: number;
  changed: number;
}

/** What int4 of one group size does to a head's logits. */
export interface GroupReport {
  groupSize: GroupSize;
  /** Hidden states whose arg-max (lowest index of the largest) is that of the float head. */
  agreeing: number;
  /** Of all logits: root mean square and largest magnitude of int4 less float. */
  rmsLogitError: number;
  maxLogitError: number;
  /** By the float head's margin (largest logit less second) over the state's own root mean square logit error. */
  margins: MarginBin[];
}

/** What quantisation itself costs: float64 sums on both sides, so that no kernel's error is in it. */
export interface QuantisationReport {
  hiddenStates: number;
  vocabSize: number;
  scaleDtype: ScaleDtype;
  /** Of the float head: largest logit less second. */
  margin: { least: number; median: number };
  groups: GroupReport[];
}

/** Largest and second of the logits of one hidden state, as rows come in ascending order. */
class Top {
  index = -1;
  first = Number.NEGATIVE_INFINITY;
  second = Number.NEGATIVE_INFINITY;

  add(index: number, logit: number): void {
    if (logit > this.first || this.index < 0) {
      this.second = this.first;
      this.first = logit;
      this.index = index;
    } else if (logit > this.second) {
      this.second = logit;
    }
  }
}

interface GroupStudy {
  groupSize: GroupSize;
  tops: Top[];
  squares: Float64Array;
  largest: Float64Array;
}

/** Compares a float head with its int4 forms on hidden states [count, hidden], row by row of the head. */
export class QuantisationStudy {
  readonly #states: InterleavedStates;
  readonly #hiddenSize: number;
  readonly #scaleDtype: ScaleDtype;
  readonly #tops: Top[];
  readonly #groups: GroupStudy[];
  #rows = 0;

  constructor(states: Float64Array, hiddenSize: number, groupSizes: readonly GroupSize[], scaleDtype: ScaleDtype) {
    const count = states.length / hiddenSize;
    const tops = () => Array.from({ length: count }, () => new Top());
    this.#states = new InterleavedStates(states, hiddenSize);
    this.#hiddenSize = hiddenSize;
    this.#scaleDtype = scaleDtype;
    this.#tops = tops();
    this.#groups = groupSizes.map((groupSize) => ({
      groupSize,
      tops: tops(),
      squares: new Float64Array(count),
      largest: new Float64Array(count),
    }));
  }

  /** The next rows of the head, [rows, hidden]. */
  addRows(weights: Float32Array): void {
    const exact = Float64Array.from(weights);
    const int4 = this.#groups.map(({ groupSize }) => {
      const rows = quantiseRows(weights, this.#hiddenSize, groupSize, this.#scaleDtype, this.#rows);
      return dequantiseRows(rows, this.#hiddenSize, groupSize, this.#scaleDtype);
    });
    for (let start = 0; start < weights.length; start += this.#hiddenSize) {
      const logits = this.#states.logits(exact, start);
      this.#tops.forEach((top, state) => {
        top.add(this.#rows, logits[state] as number);
      });
      this.#groups.forEach((group, i) => {
        this.#compare(group, logits, this.#states.logits(int4[i] as Float64Array, start));
      });
      this.#rows++;
    }
  }

  #compare({ tops, squares, largest }: GroupStudy, exact: Float64Array, int4: Float64Array): void {
    for (let state = 0; state < tops.length; state++) {
      const error = Math.abs((int4[state] as number) - (exact[state] as number));
      tops[state]?.add(this.#rows, int4[state] as number);
      squares[state] = (squares[state] as number) + error * error;
      if (error > (largest[state] as number)) largest[state] = error;
    }
  }

  finish(): QuantisationReport {
    const margins = this.#tops.map(({ first, second }) => first - second);
    const sorted = [...margins].sort((left, right) => left - right);
    return {
      hiddenStates: margins.length,
      vocabSize: this.#rows,
      scaleDtype: this.#scaleDtype,
      margin: { least: sorted[0] as number, median: sorted[Math.floor((sorted.length - 1) / 2)] as number },
      groups: this.#groups.map((group) => this.#groupReport(group, margins)),
    };
  }

  #groupReport({ groupSize, tops, squares, largest }: GroupStudy, margins: readonly number[]): GroupReport {
    const bins: MarginBin[] = [...MARGIN_BINS, undefined].map((below) => ({
      ...(below === undefined ? {} : { below }),
      hiddenStates: 0,
      changed: 0,
    }));
    let agreeing = 0;
    tops.forEach(({ index }, state) => {
      const agrees = index === this.#tops[state]?.index;
      const rms = Math.sqrt((squares[state] as number) / this.#rows);
      const ratio = rms === 0 ? Number.POSITIVE_INFINITY : (margins[state] as number) / rms;
      const bin = bins.find(({ below }) => below === undefined || ratio < below) as MarginBin;
      bin.hiddenStates++;
      if (agrees) agreeing++;
      else bin.changed++;
    });
    const sum = squares.reduce((total, square) => total + square, 0);
    return {
      groupSize,
      agreeing,
      rmsLogitError: Math.sqrt(sum / (this.#rows * tops.length)),
      maxLogitError: largest.reduce((most, error) => Math.max(most, error), 0),
      margins: bins,
    };
  }
}

const LANES = 8;

/** Hidden states eight and eight side by side, so that one pass over a row of weights serves eight; the last may be zeros. */
class InterleavedStates {
  readonly #values: Float64Array;
  readonly #hiddenSize: number;
  readonly #blocks: number;

  constructor(states: Float64Array, hiddenSize: number) {
    const count = states.length / hiddenSize;
    this.#hiddenSize = hiddenSize;
    this.#blocks = Math.ceil(count / LANES);
    this.#values = new Float64Array(this.#blocks * LANES * hiddenSize);
    for (let state = 0; state < count; state++) {
      const start = Math.floor(state / LANES) * LANES * hiddenSize + (state % LANES);
      for (let k = 0; k < hiddenSize; k++) this.#values[start + k * LANES] = states[state * hiddenSize + k] as number;
    }
  }

  /** Logits of the row of weights at `start`, one of each state: float64 products summed in the order of hidden. */
  logits(weights: Float64Array, start: number): Float64Array {
    const logits = new Float64Array(this.#blocks * LANES);
    for (let block = 0; block < this.#blocks; block++) this.#addBlock(weights, start, block, logits);
    return logits;
  }

  #addBlock(weights: Float64Array, start: number, block: number, logits: Float64Array): void {
    const values = this.#values;
    const end = start + this.#hiddenSize;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    for (let i = start, at = block * LANES * this.#hiddenSize; i < end; i++, at += LANES) {
      const weight = weights[i] as number;
      s0 += weight * (values[at] as number);
      s1 += weight * (values[at + 1] as number);
      s2 += weight * (values[at + 2] as number);
      s3 += weight * (values[at + 3] as number);
      s4 += weight * (values[at + 4] as number);
      s5 += weight * (values[at + 5] as number);
      s6 += weight * (values[at + 6] as number);
      s7 += weight * (values[at + 7] as number);
    }
    logits.set([s0, s1, s2, s3, s4, s5, s6, s7], block * LANES);
  }
}
