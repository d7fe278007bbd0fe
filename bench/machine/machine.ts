import { join } from "node:path";
import { DecodeLabError } from "../../src/errors.ts";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import { loadAddon, type NativeLaunch, type NativeResult, type Observer, refusal } from "../../src/native/addon.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

export const BENCH_FOLDER = join(PACKAGE_ROOT, "bench", "machine");

/** A launch without what each measurement sets itself. */
export type Work = Omit<NativeLaunch, "limits" | "seed" | "threads" | "observers">;

export interface Timed {
  seconds: number;
  result: NativeResult;
}

const LIMITS = { ...DEFAULT_LIMITS, instructions: 1e12, seconds: 600, hostBytes: 2e10 };

/**
 * Runs the launch, from the PTX text to the result, under all observers unless some are named; throws unless it ends well,
 * a DecodeLabError where it is refused.
 */
export async function timedRun(work: Work, threads: number, observers?: readonly Observer[]): Promise<Timed> {
  const launch = { ...work, limits: LIMITS, seed: 0, threads, ...(observers === undefined ? {} : { observers }) };
  const start = performance.now();
  const result = await loadAddon()
    .run(launch)
    .catch((error: unknown) => {
      throw refusal(error, work.ptxName);
    });
  const seconds = (performance.now() - start) / 1e3;
  if (result.status === "ok") return { seconds, result };
  const [finding] = result.findings;
  throw new Error(`${work.ptxName} ended ${result.status}: ${finding?.message ?? result.reason}`);
}

/** What the machine says of PTX that it does not run; undefined where it runs. Any other failure is thrown. */
export async function refusalOf(work: Work): Promise<string | undefined> {
  try {
    await timedRun(work, 1);
    return undefined;
  } catch (error) {
    if (error instanceof DecodeLabError && error.code === "PTX_UNSUPPORTED") return error.message;
    throw error;
  }
}
