import { interquartileRange, median } from "simple-statistics";
import { z } from "zod";

/** Above this interquartile range over the median, a ratio is marked. */
export const STEADY_SPREAD = 0.25;

export const summarySchema = z.strictObject({
  median: z.number().positive(),
  interquartileRange: z.number().nonnegative(),
  samples: z.array(z.number().positive()).min(1),
});
/** Seconds of repeated runs. */
export type Summary = z.output<typeof summarySchema>;

export const ratioSchema = z.strictObject({
  value: z.number().positive(),
  steady: z.boolean().describe(`both sides spread by at most ${STEADY_SPREAD * 100} % of their median`),
});
export type Ratio = z.output<typeof ratioSchema>;

/** Something to time; `run` yields its own seconds, so that preparing a run is not measured. */
export interface Case {
  name: string;
  run(): Promise<number>;
}

export interface Repetitions {
  warmups: number;
  repetitions: number;
}

/** All cases once, then all again: a disturbance falls on every case, and not on one case's whole sample. */
export async function interleaved(
  cases: readonly Case[],
  { warmups, repetitions }: Repetitions,
): Promise<Map<string, Summary>> {
  const samples = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = -warmups; round < repetitions; round++) {
    for (const { name, run } of cases) {
      const seconds = await run();
      if (round >= 0) samples.get(name)?.push(seconds);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, summarise(values)]));
}

export function summarise(samples: readonly number[]): Summary {
  const values = [...samples];
  return { median: median(values), interquartileRange: interquartileRange(values), samples: values };
}

export function spread(summary: Summary): number {
  return summary.interquartileRange / summary.median;
}

export function ratio(of: Summary, to: Summary): Ratio {
  return { value: of.median / to.median, steady: [of, to].every((summary) => spread(summary) <= STEADY_SPREAD) };
}
