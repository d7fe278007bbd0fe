import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { LEVELS, loadAddon } from "../../src/native/addon.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

export const conditionsSchema = z.strictObject({
  cpu: z.string(),
  cores: z.int().positive(),
  level: z.enum(LEVELS).describe("instruction set of the build that ran"),
  memoryBytes: z.int().positive(),
  loadAverage: z.array(z.number().nonnegative()).length(3).describe("1, 5 and 15 minutes, before the first run"),
  node: z.string(),
  compiler: z.string().describe("of the addon, by its own note"),
  commit: z.string(),
  modified: z.boolean().describe("the working tree differed from the commit"),
});
export type Conditions = z.output<typeof conditionsSchema>;

/** What the figures depend on; nothing that names the machine. */
export function conditions(): Conditions {
  const level = loadedLevel();
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    level,
    memoryBytes: totalmem(),
    loadAverage: loadavg(),
    node: process.version,
    compiler: compilerOf(level),
    commit: git("rev-parse", "HEAD"),
    modified: git("status", "--porcelain") !== "",
  };
}

const BUILD = join(PACKAGE_ROOT, "build", "Release");

/** The level that `loadAddon` chooses. */
function loadedLevel(): (typeof LEVELS)[number] {
  const reachable = LEVELS.slice(0, LEVELS.indexOf(loadAddon().cpuLevel()) + 1);
  const present = reachable.filter((level) => existsSync(addonFile(level)));
  return present.at(-1) ?? "base";
}

function addonFile(level: string): string {
  return join(BUILD, `decode_lab.${level}.node`);
}

/** The compiler's note in the file, as in `GCC: (Debian 12.2.0-14) 12.2.0`. */
function compilerOf(level: string): string {
  const text = readFileSync(addonFile(level), "latin1");
  return /(?:GCC: \([^)]*\)|clang version) [\d.]+/.exec(text)?.[0] ?? "unknown";
}

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, {
      cwd: PACKAGE_ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}
