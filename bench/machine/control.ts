import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import { loadAddon, OBSERVERS, type Observer } from "../../src/native/addon.ts";
import { BENCH_FOLDER } from "./machine.ts";

/** What each observer, and only it, has to tell of control.ptx. */
const TOLD_BY: Record<Observer, string> = {
  races: "races",
  faults: "bounds",
  initialised: "initialised",
  traffic: "traffic",
};

export const controlSchema = z.record(z.enum(OBSERVERS), z.array(z.string()));
export type Control = z.output<typeof controlSchema>;

/** Runs a wrong kernel under each observer alone, by default and under none; throws unless each tells its own and no more. */
export async function runControl(): Promise<Control> {
  const told: Partial<Control> = {};
  for (const observer of OBSERVERS) told[observer] = await toldBy([observer], [TOLD_BY[observer]]);
  await toldBy(undefined, Object.values(TOLD_BY));
  await toldBy([], []);
  return controlSchema.parse(told);
}

async function toldBy(observers: readonly Observer[] | undefined, wanted: readonly string[]): Promise<string[]> {
  const buffer = (name: string, size: number, initialised: boolean) =>
    ({ kind: "buffer", name, bytes: new Uint8Array(size), initialised }) as const;
  const result = await loadAddon().run({
    ptx: readFileSync(join(BENCH_FOLDER, "control.ptx"), "utf8"),
    ptxName: "control.ptx",
    entry: "control",
    grid: [1, 1, 1],
    block: [32, 1, 1],
    sharedBytes: 0,
    cooperative: false,
    params: [buffer("x", 4, true), buffer("y", 128, false)],
    limits: DEFAULT_LIMITS,
    seed: 0,
    threads: 1,
    ...(observers === undefined ? {} : { observers }),
  });
  const checks = new Set(result.findings.map(({ check }) => check as string));
  if (result.traffic.global.storeRequests > 0) checks.add("traffic");
  const told = [...checks].sort();
  if (told.join() === [...wanted].sort().join()) return told;
  throw new Error(
    `control.ptx under ${observers ?? "all observers"} told [${told}], expected [${wanted}]: nothing was measured`,
  );
}
