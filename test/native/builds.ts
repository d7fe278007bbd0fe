import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { LEVELS, loadAddon } from "../../src/native/addon.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

/** One build of the addon that the fixtures run against. */
export interface Build {
  name: string;
  addonFile: string;
  environment: Record<string, string>;
}

/** The release build in every level that this CPU has, and the sanitizer build where it has been made. */
export function builds(): Build[] {
  const reachable = LEVELS.indexOf(loadAddon().cpuLevel());
  const release = addonFiles("build/Release")
    .filter((addonFile) => (LEVELS as readonly string[]).indexOf(levelOf(addonFile)) <= reachable)
    .map((addonFile) => ({
      name: levelOf(addonFile),
      addonFile,
      environment: {},
    }));
  const sanitized = addonFiles("build-asan/Release").map((addonFile) => ({
    name: `sanitizers ${levelOf(addonFile)}`,
    addonFile,
    environment: {
      LD_PRELOAD: [sanitizerLibrary("libasan.so"), sanitizerLibrary("libubsan.so")].join(" "),
      ASAN_OPTIONS: "detect_leaks=0",
      UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
    },
  }));
  return [...release, ...sanitized];
}

/** The fastest release build that this CPU runs. */
export function bestBuild(): Build {
  const best = builds().findLast(({ environment }) => Object.keys(environment).length === 0);
  if (best === undefined) throw new Error("there is no release build of the addon");
  return best;
}

/** The build for ThreadSanitizer, if it has been made. It reports every race but those of the functions in `suppressed`. */
export function threadSanitizerBuild(suppressed: string[]): Build | undefined {
  const [addonFile] = addonFiles("build-tsan/Release");
  if (addonFile === undefined) return undefined;
  const file = join(PACKAGE_ROOT, "build-tsan", `suppressed-${suppressed.length}.txt`);
  writeFileSync(file, suppressed.map((name) => `race:${name}\n`).join(""));
  return {
    name: "ThreadSanitizer",
    addonFile,
    environment: { LD_PRELOAD: sanitizerLibrary("libtsan.so"), TSAN_OPTIONS: `suppressions='${file}'` },
  };
}

function addonFiles(folder: string): string[] {
  const path = join(PACKAGE_ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => /^decode_lab\..+\.node$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function levelOf(addonFile: string): string {
  return /decode_lab\.(.+)\.node$/.exec(addonFile)?.[1] ?? addonFile;
}

function sanitizerLibrary(name: string): string {
  const path = execFileSync("g++", [`-print-file-name=${name}`], { encoding: "utf8" }).trim();
  if (isAbsolute(path)) return path;
  throw new Error(`g++ has no ${name}, which the sanitizer builds need`);
}
