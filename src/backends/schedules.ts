import type { NativeLaunch, NativeProgress, NativeResult } from "../native/addon.ts";
import type { Backend } from "./backend.ts";

/** One run of a launch, whose buffers hold what the kernel left in them. */
export interface Executed {
  launch: NativeLaunch;
  result: NativeResult;
}

/** Runs the launch under its seed and those after it, each time on fresh copies of its buffers; the last takes the originals. */
export async function* executeSchedules(
  backend: Backend,
  launch: NativeLaunch,
  count: number,
  onProgress?: (progress: NativeProgress, index: number) => void,
): AsyncGenerator<Executed> {
  for (let index = 0; index < count; index++) {
    const params = index === count - 1 ? launch.params : copied(launch.params);
    const scheduled = { ...launch, params, seed: launch.seed + index };
    const result = await backend.execute(scheduled, (progress) => onProgress?.(progress, index));
    yield { launch: scheduled, result };
  }
}

function copied(params: NativeLaunch["params"]): NativeLaunch["params"] {
  return params.map((param) => (param.kind === "buffer" ? { ...param, bytes: param.bytes.slice() } : param));
}
