import { DTYPES, decode } from "../../dtype.ts";
import type { Finding } from "../../finding.ts";
import type { Observation } from "../../observation.ts";
import type { ExpectedOutput, Judgement, Trial } from "../check.ts";
import { diffFinding } from "./finding.ts";
import { judgeVectors } from "./judge-vectors.ts";
import { type Bound, figure, type VectorVerdict } from "./vector-verdict.ts";

/** Outputs against the float64 reference; every element written, no input changed. */
export function judge(trial: Trial): Judgement {
  const findings: Finding[] = [];
  let worst: VectorVerdict | undefined;
  for (const expected of trial.outputs) {
    const verdict = judgeOutput(trial.observation, expected);
    findings.push(...verdict.findings);
    if (verdict.worst !== undefined && (worst === undefined || verdict.worst.excess > worst.excess))
      worst = verdict.worst;
  }
  for (const name of trial.observation.modifiedInputs ?? []) findings.push(modifiedInput(name));
  const figures = worst?.finite !== true ? {} : figuresOf(worst.shown);
  return { findings, summary: summarise(worst), figures };
}

function figuresOf({ error, limit }: Bound): Record<string, number> {
  return { diffError: error, diffLimit: limit };
}

interface OutputVerdict {
  findings: Finding[];
  worst: VectorVerdict | undefined;
}

function judgeOutput(observation: Observation, expected: ExpectedOutput): OutputVerdict {
  const bytes = observation.outputs[expected.name];
  const elements = expected.reference.length;
  const elementBytes = DTYPES[expected.dtype].bytes;
  if (elements === 0) return { findings: [], worst: undefined };
  const unwritten = observation.buffers?.find(({ name }) => name === expected.name)?.uninitialisedBytes ?? 0;
  if (bytes === undefined || unwritten > 0) {
    const missing = bytes === undefined ? elements * elementBytes : unwritten;
    return { findings: [unwrittenOutput(observation, expected, missing)], worst: undefined };
  }
  const out = decode(expected.dtype, bytes);
  const failed: VectorVerdict[] = [];
  let worst: VectorVerdict | undefined;
  for (const vector of judgeVectors(bytes, expected)) {
    if (worst === undefined || vector.excess > worst.excess) worst = vector;
    if (vector.excess > 1) failed.push(vector);
  }
  const findings =
    worst === undefined || failed.length === 0 ? [] : [wrongVectors(expected, out, worst, failed.length)];
  return { findings, worst };
}

function unwrittenOutput(
  observation: Observation,
  { name, reference, dtype }: ExpectedOutput,
  missing: number,
): Finding {
  const first = observation.buffers?.find((buffer) => buffer.name === name)?.firstUninitialised ?? 0;
  const total = reference.length * DTYPES[dtype].bytes;
  return diffFinding(
    "unwritten",
    name,
    { byteOffset: Math.max(first, 0), bytes: missing, count: 1 },
    `${missing} of ${total} bytes were never written`,
  );
}

function modifiedInput(name: string): Finding {
  return diffFinding(
    "input-modified",
    name,
    { byteOffset: 0, bytes: 0, count: 1 },
    "the kernel changed bytes of an input",
  );
}

function wrongVectors(expected: ExpectedOutput, out: Float64Array, vector: VectorVerdict, count: number): Finding {
  const { name, reference, dtype } = expected;
  const element = { byteOffset: vector.worst * DTYPES[dtype].bytes, bytes: DTYPES[dtype].bytes, count };
  const place = `${name}[${indicesOf(vector.worst, expected.shape)}]`;
  const values = `${place} is ${figure(out[vector.worst])}, reference ${figure(reference[vector.worst])}`;
  if (!vector.finite) return diffFinding("not-finite", name, element, values);
  const bound = vector.broken.join(" and ");
  return diffFinding(
    "wrong-value",
    name,
    element,
    `${values}; ${bound}; ${count} vectors of ${vectorsOf(expected)} are wrong`,
  );
}

function vectorsOf({ reference, shape }: ExpectedOutput): number {
  return reference.length / (shape.at(-1) ?? 1);
}

function indicesOf(element: number, shape: readonly number[]): string {
  const indices: number[] = [];
  let rest = element;
  for (const size of shape.toReversed()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices.join(", ");
}

/** `error/limit` of the vector nearest to, or farthest past, its limit. */
function summarise(worst: VectorVerdict | undefined): string {
  if (worst === undefined) return "-";
  const { error, limit } = worst.shown;
  return `${worst.finite ? shortFigure(error) : "NaN"}/${shortFigure(limit)}`;
}

/** At most five characters: `.0017`, `1.234`, `2e+30`. */
function shortFigure(value: number): string {
  if (value < 0.99995) return value.toFixed(4).slice(1);
  return value < 1000 ? value.toPrecision(4) : value.toExponential(0);
}
