import { expect, it } from "vitest";
import { dequantiseRows } from "../../../src/int4/dequantise.ts";
import { normalStates, readHiddenStates } from "../../../src/int4/hidden-states.ts";
import { quantiseRows } from "../../../src/int4/quantise.ts";
import { MARGIN_BINS, QuantisationStudy } from "../../../src/int4/report.ts";
import { RandomStream } from "../../../src/random.ts";
import { temporaryFolder, writeTensors } from "./checkpoint-folder.ts";

const [VOCAB, HIDDEN, STATES] = [200, 64, 40];

const stream = new RandomStream(5, "report");
const head = Float32Array.from({ length: VOCAB * HIDDEN }, () => stream.normal());
const states = Float64Array.from({ length: STATES * HIDDEN }, () => stream.normal());

function study(weights: Float32Array, rowsAtATime: number) {
  const made = new QuantisationStudy(states, HIDDEN, [32, "channel"], "bf16");
  for (let start = 0; start < weights.length; start += rowsAtATime * HIDDEN) {
    made.addRows(weights.subarray(start, start + rowsAtATime * HIDDEN));
  }
  return made.finish();
}

/** Logits [vocab] of one state, summed one product after the other. */
function logits(weights: ArrayLike<number>, state: number): number[] {
  return Array.from({ length: VOCAB }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < HIDDEN; k++) {
      sum += (weights[row * HIDDEN + k] as number) * (states[state * HIDDEN + k] as number);
    }
    return sum;
  });
}

it("counts and measures what a plain computation of all logits gives", () => {
  const report = study(head, 7);
  expect(report).toMatchObject({ hiddenStates: STATES, vocabSize: VOCAB, scaleDtype: "bf16" });
  for (const group of report.groups) {
    const int4 = dequantiseRows(quantiseRows(head, HIDDEN, group.groupSize, "bf16"), HIDDEN, group.groupSize, "bf16");
    const bins = [...MARGIN_BINS, Number.POSITIVE_INFINITY].map(() => ({ hiddenStates: 0, changed: 0 }));
    let [agreeing, squares, largest] = [0, 0, 0];
    for (let state = 0; state < STATES; state++) {
      const [exact, rounded] = [logits(head, state), logits(int4, state)];
      const errors = exact.map((logit, i) => Math.abs((rounded[i] as number) - logit));
      const sum = errors.reduce((total, error) => total + error * error, 0);
      const sorted = [...exact].sort((a, b) => b - a) as [number, number];
      const ratio = (sorted[0] - sorted[1]) / Math.sqrt(sum / VOCAB);
      const bin = bins[MARGIN_BINS.filter((end) => ratio >= end).length];
      if (bin === undefined) throw new Error("no bin");
      const agrees = exact.indexOf(Math.max(...exact)) === rounded.indexOf(Math.max(...rounded));
      bin.hiddenStates++;
      if (agrees) agreeing++;
      else bin.changed++;
      squares += sum;
      largest = Math.max(largest, ...errors);
    }
    expect(group.agreeing).toBe(agreeing);
    expect(agreeing).toBeLessThan(STATES);
    expect(group.margins.map(({ hiddenStates, changed }) => ({ hiddenStates, changed }))).toEqual(bins);
    expect(group.rmsLogitError).toBeCloseTo(Math.sqrt(squares / (VOCAB * STATES)), 12);
    expect(group.maxLogitError).toBeCloseTo(largest, 12);
  }
});

it("does not depend on how many rows come at a time", () => {
  expect(study(head, 64)).toEqual(study(head, VOCAB));
});

it("finds no cost where every weight is a code times a scale of 1", () => {
  const whole = Float32Array.from({ length: VOCAB * HIDDEN }, () => stream.integer(-7, 7));
  // 7.5 would round to code 15 and stand for 7: the states are 0 there.
  const quiet = states.map((value, i) => (i % 32 === 0 ? 0 : value));
  for (let i = 0; i < whole.length; i += 32) whole[i] = 7.5;
  const made = new QuantisationStudy(quiet, HIDDEN, [32], "bf16");
  made.addRows(whole);
  const [group] = made.finish().groups;
  expect(group).toMatchObject({ agreeing: STATES, rmsLogitError: 0, maxLogitError: 0 });
  expect(group?.margins.at(-1)).toEqual({ hiddenStates: STATES, changed: 0 });
});

it("takes the lowest of equal logits: rows that only int4 makes equal leave the first on top", () => {
  const rows = new Float32Array(3 * 32).fill(1).fill(1 - 2 ** -20, 32);
  const made = new QuantisationStudy(new Float64Array(32).fill(1), 32, [32], "bf16");
  made.addRows(rows);
  const report = made.finish();
  expect(report.margin.least).toBe(2 ** -15);
  expect(report.groups[0]?.agreeing).toBe(1);
});

it("has margin 0 where the float head's largest logits are equal", () => {
  const same = new Float32Array(VOCAB * HIDDEN);
  for (let row = 0; row < VOCAB; row++) same.set(head.subarray(0, HIDDEN), row * HIDDEN);
  const report = study(same, 10);
  expect(report.margin).toEqual({ least: 0, median: 0 });
  expect(report.groups.map(({ agreeing }) => agreeing)).toEqual([STATES, STATES]);
});

it("has normal states of mean square 1, the same each time", () => {
  const { states: normal, source } = normalStates(256);
  expect(source).toEqual({ distribution: "normal", seed: 0 });
  expect(normal.length).toBe(32 * 256);
  expect(normal.reduce((sum, value) => sum + value * value, 0) / normal.length).toBeCloseTo(1, 1);
  expect(normalStates(256).states).toEqual(normal);
});

it("reads hidden states by name, or the only tensor", async () => {
  const folder = temporaryFolder();
  const two = { dtype: "F32", shape: [1, 2], bytes: new Uint8Array(Float32Array.of(1.5, -2).buffer) };
  const other = { dtype: "I32", shape: [1], bytes: new Uint8Array(4) };
  const file = writeTensors(`${folder}/a`, { hidden_states: two, other });
  expect(await readHiddenStates(file, 2)).toEqual({
    states: Float64Array.of(1.5, -2),
    source: { file, tensor: "hidden_states" },
  });
  const only = await readHiddenStates(writeTensors(`${folder}/b`, { x: two }), 2);
  expect(only.source).toMatchObject({ tensor: "x" });
  await expect(readHiddenStates(file, 4)).rejects.toThrow(
    "is F32 [1, 2], hidden states are BF16, F16 or F32 [count, 4]",
  );
  await expect(readHiddenStates(writeTensors(`${folder}/c`, { x: two, y: two }), 2)).rejects.toThrow(
    "it has 2 tensors",
  );
  const nan = { ...two, bytes: new Uint8Array(Float32Array.of(0, Number.NaN).buffer) };
  await expect(readHiddenStates(writeTensors(`${folder}/d`, { x: nan }), 2)).rejects.toThrow("not finite at [0, 1]");
});
