import { z } from "zod";
import { OBSERVERS, type Observer } from "../../src/native/addon.ts";
import { type Loop, loops } from "./loops.ts";
import { refusalOf, timedRun } from "./machine.ts";
import { interleaved, type Repetitions, ratio, ratioSchema, type Summary, summarySchema } from "./measure.ts";

interface Setting {
  observers: readonly Observer[];
  threads: number;
}

/** Who observes, and how many worker threads run. */
export const SETTINGS = {
  none: { observers: [], threads: 1 },
  races: { observers: ["races"], threads: 1 },
  "initialised and bounds": { observers: ["initialised", "faults"], threads: 1 },
  traffic: { observers: ["traffic"], threads: 1 },
  all: { observers: OBSERVERS, threads: 1 },
  "none, 2 threads": { observers: [], threads: 2 },
  "all, 2 threads": { observers: OBSERVERS, threads: 2 },
} as const satisfies Record<string, Setting>;

const settingName = z.enum(Object.keys(SETTINGS) as [keyof typeof SETTINGS]);

const measuredSchema = z.strictObject({
  name: z.string(),
  laneOperations: z.number().positive().describe("of one run, the same under every setting"),
  laneOperationsPerSecond: z.record(settingName, z.number().positive()).describe("all threads together, by the median"),
  seconds: z.record(settingName, summarySchema),
  cost: z
    .record(z.enum(["races", "initialised and bounds", "traffic", "all"]), ratioSchema)
    .describe("seconds to none"),
  scaling: z.record(z.enum(["none", "all"]), ratioSchema).describe("seconds of one thread to seconds of two"),
});

export const loopCostSchema = z.union([measuredSchema, z.strictObject({ name: z.string(), refused: z.string() })]);
export type LoopCost = z.output<typeof loopCostSchema>;

/** Every loop under every setting; its output is compared after every run. */
export async function measureLoops(
  repetitions: Repetitions,
  sizes?: Parameters<typeof loops>[0],
  onLoop: (name: string) => void = () => {},
): Promise<LoopCost[]> {
  const costs: LoopCost[] = [];
  for (const loop of loops(sizes)) {
    onLoop(loop.name);
    const refused = await refusalOf(loop.work);
    costs.push(refused === undefined ? await measureLoop(loop, repetitions) : { name: loop.name, refused });
  }
  return costs;
}

async function measureLoop(loop: Loop, repetitions: Repetitions): Promise<LoopCost> {
  let laneOperations = 0;
  const cases = Object.entries(SETTINGS).map(([name, { observers, threads }]) => ({
    name,
    async run() {
      loop.poison();
      const { seconds, result } = await timedRun(loop.work, threads, observers);
      loop.verify();
      laneOperations = result.laneOperations;
      return seconds;
    },
  }));
  const summaries = await interleaved(cases, repetitions);
  const seconds = Object.fromEntries(summaries) as Record<keyof typeof SETTINGS, Summary>;
  const rates = [...summaries].map(([name, { median }]) => [name, laneOperations / median]);
  return {
    name: loop.name,
    laneOperations,
    laneOperationsPerSecond: Object.fromEntries(rates),
    seconds,
    cost: {
      races: ratio(seconds.races, seconds.none),
      "initialised and bounds": ratio(seconds["initialised and bounds"], seconds.none),
      traffic: ratio(seconds.traffic, seconds.none),
      all: ratio(seconds.all, seconds.none),
    },
    scaling: {
      none: ratio(seconds.none, seconds["none, 2 threads"]),
      all: ratio(seconds.all, seconds["all, 2 threads"]),
    },
  };
}
