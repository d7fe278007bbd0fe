import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cpuPtx } from "../../src/backends/cpu-ptx.ts";
import { launchSchema } from "../../src/launch.ts";
import { LaunchFolder } from "../../src/launch-folder.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { readRecord } from "../../src/record-file.ts";
import { prepareLaunch } from "../../src/verbs/prepare-launch.ts";
import { type Build, threadSanitizerBuild } from "./builds.ts";
import { corpusLaunches } from "./fuzz-corpus.ts";
import { raceFixtures } from "./race-fixture.ts";
import { runFixtures } from "./run-fixtures.ts";

const THREADS = 4;
const CORPUS = join(PACKAGE_ROOT, "test", "corpus");

interface Named {
  name: string;
  launch: NativeLaunch;
}

/** A kernel whose CTAs race makes the workers race for its memory: that run is thrown away, see native/interpreter/run.cpp. */
const KERNEL = "move_kernel_bytes";
/** Node itself is not instrumented: of V8's jobs only the calls of pthread functions are seen. */
const V8 = "v8::platform::";

describe.skipIf(threadSanitizerBuild([]) === undefined)("several workers (needs npm run build:tsan)", () => {
  it("race for nothing in the race fixtures", async () => {
    expect(await runOnWorkers(raceFixtures())).toBeGreaterThan(300);
  }, 600_000);

  it("race for nothing in the corpus of kernels", async () => {
    expect(await runOnWorkers(await kernels())).toBeGreaterThan(50);
  }, 600_000);

  it("race for nothing in the inputs of the fuzzers", async () => {
    expect(await runOnWorkers(corpusLaunches())).toBeGreaterThan(50);
  }, 600_000);

  it("race where a kernel's CTAs do, or nothing above says anything", async () => {
    const racing = raceFixtures().filter(({ expected }) =>
      expected.some(({ class: kind }) => kind === "inter-cta-global"),
    );
    const build = threadSanitizerBuild([V8]) as Build;
    await expect(runFixtures(build, racing.map(onWorkers))).rejects.toThrow(/data race .* in move_kernel_bytes/);
  });
});

/** Rejects with ThreadSanitizer's reports; the number of launches that ran otherwise. */
async function runOnWorkers(launches: readonly Named[]): Promise<number> {
  const answers = await runFixtures(threadSanitizerBuild([KERNEL, V8]) as Build, launches.map(onWorkers));
  const ran = answers.filter(({ result }) => result !== undefined).length;
  process.stdout.write(
    `ThreadSanitizer: ${ran} of ${answers.length} launches ran on ${THREADS} workers, nothing to report\n`,
  );
  return ran;
}

function onWorkers({ name, launch }: Named): Named {
  return { name, launch: { ...launch, threads: THREADS } };
}

function kernels(): Promise<Named[]> {
  const files = readdirSync(CORPUS, { recursive: true, encoding: "utf8" })
    .filter((file) => /launch[^/]*\.json$/.test(file))
    .map((file) => join(CORPUS, file));
  return Promise.all(
    files.map(async (file) => {
      const launch = await readRecord(file, launchSchema);
      return {
        name: file,
        launch: await prepareLaunch(cpuPtx, launch, launch.ptx, await LaunchFolder.of(file), THREADS),
      };
    }),
  );
}
