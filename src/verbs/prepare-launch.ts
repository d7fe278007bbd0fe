import type { Backend } from "../backends/backend.ts";
import { sizedFile } from "../buffer-init.ts";
import type { ExpectedValues } from "../checks/diff/expectation.ts";
import { elementCount } from "../definition.ts";
import { DTYPES } from "../dtype.ts";
import { DecodeLabError } from "../errors.ts";
import type { Launch } from "../launch.ts";
import type { LaunchFolder } from "../launch-folder.ts";
import { bindParameters, chosenEntry } from "../launch-parameters.ts";
import type { NativeLaunch } from "../native/addon.ts";

/** The launch with its buffers filled, of one of the PTX files that it names. */
export async function prepareLaunch(
  backend: Backend,
  launch: Launch,
  ptxFile: string,
  folder: LaunchFolder,
  threads: number,
): Promise<NativeLaunch> {
  refuseHopeless(launch);
  const ptx = new TextDecoder().decode(await folder.read(ptxFile));
  const entry = chosenEntry(backend.describe(ptx, ptxFile), ptxFile, launch.entry);
  return {
    ptx,
    ptxName: ptxFile,
    entry: entry.name,
    grid: launch.grid,
    block: launch.block,
    sharedBytes: launch.sharedBytes,
    cooperative: launch.cooperative,
    params: await bindParameters(entry, launch, folder),
    limits: launch.limits,
    seed: launch.seed,
    threads,
  };
}

const LANES = 32;

function refuseHopeless({ grid, block, limits }: Launch): void {
  const ctas = grid[0] * grid[1] * grid[2];
  const least = ctas * Math.ceil((block[0] * block[1] * block[2]) / LANES);
  if (least <= limits.instructions) return;
  throw new DecodeLabError(
    "LAUNCH_INVALID",
    `a grid of ${ctas} CTAs takes at least ${least} warp instructions, limits.instructions is ${limits.instructions}`,
  );
}

/** What the launch expects of its buffers, read before the run so that a wrong file costs nothing. */
export async function expectationsOf(launch: Launch, folder: LaunchFolder): Promise<ExpectedValues[]> {
  const expected: ExpectedValues[] = [];
  for (const param of launch.params) {
    if (param.kind !== "buffer" || param.expect === undefined) continue;
    const { name, dtype } = param;
    const { file, atol, rtol } = param.expect;
    const bytes = await sizedFile(name, file, elementCount(param.shape) * DTYPES[dtype].bytes, folder);
    expected.push({ name, dtype, bytes, atol, rtol });
  }
  return expected;
}
