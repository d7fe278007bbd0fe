import { execa } from "execa";
import { type NativeLaunch, type NativeParameter, type NativeResult, OBSERVERS } from "../../src/native/addon.ts";
import type { Build } from "./builds.ts";

/** What the addon answered to one launch: a result with the buffers' bytes after the run, or a refusal. */
export interface Answer {
  result?: NativeResult;
  bytes?: (string | undefined)[];
  refused?: { code: string; line: number; message: string };
}

const RUNNER = new URL("addon-process.mjs", import.meta.url).pathname;

/** Runs every launch in one process against one build; a crash names the launch under way. */
export async function runFixtures(
  build: Build,
  launches: readonly { name: string; launch: NativeLaunch }[],
): Promise<Answer[]> {
  const input = JSON.stringify(
    launches.map(({ launch }) => ({ observers: OBSERVERS, ...launch, params: launch.params.map(encodeBytes) })),
  );
  const finished = await execa(process.execPath, [RUNNER, build.addonFile], {
    input,
    env: build.environment,
    reject: false,
    stripFinalNewline: true,
    maxBuffer: 1e9,
  });
  const answers = finished.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Answer);
  if (finished.exitCode === 0 && answers.length === launches.length) return answers;
  const underWay = launches[answers.length]?.name ?? "none";
  throw new Error(
    `${build.name} ended with ${finished.exitCode ?? finished.signal} in ${underWay}:\n${finished.stderr}`,
  );
}

function encodeBytes(param: NativeParameter) {
  return param.kind === "null" ? param : { ...param, bytes: Buffer.from(param.bytes).toString("base64") };
}
